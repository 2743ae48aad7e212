#pragma once

#include <functional>
#include <string>
#include <vector>

#include "simulate/agenda.h"
#include "simulate/calendar.h"
#include "simulate/character.h"
#include "simulate/dice.h"
#include "simulate/pipeline.h"
#include "simulate/voice.h"

namespace fairlead::simulate {

/// A state of the main branch that was built.
struct Build {
  std::size_t number = 0;  ///< Later states have greater ones.
  std::string sha;
  std::string run_id;
};

/// A change out of order: it is looked at and merged within minutes.
struct UrgentChange {
  std::string title;
  std::string label;  ///< `hotfix`; empty: none.
  std::string branch;
  std::string reverts;  ///< The commit that it takes back; empty: none.
};

/// One service's repository: changes are opened, looked at and merged; main is built.
class Development {
 public:
  using Built = std::function<void(Instant at, const Build& build)>;

  Development(const Character& character, std::uint64_t seed, Instant founded_at, Agenda& agenda, Voice& voice,
              Built built);

  /// The first commit, built at once; from then on people open changes while they are at work.
  void begin(Instant at);
  /// A change that was opened and will be merged exactly then, and builds.
  void arrange(Instant opened_at, Instant merged_at);
  /// Merges at some minutes after `at`, then calls `built`, not the usual one.
  void urgent(Instant at, UrgentChange change, Built built);

  const std::string& repository() const { return repository_; }

 private:
  struct Commit {
    std::string sha;
    std::string parent;
    Instant authored_at;
    std::string message;
  };
  struct Change {
    int number = 0;
    std::string title;
    std::string author;
    std::string reviewer;
    std::string branch;
    std::string label;
    std::string reverts;
    Instant opened_at;
    Instant reviewed_at;  ///< For the first time.
    Instant approved_at;
    Instant merged_at;
    bool asked_for_more = false;
    bool smooth = false;  ///< Its builds are green.
    std::vector<Commit> commits;
    Built built;  ///< Empty: the usual one.
  };

  void open_next(Instant at);
  Change sketch(Instant opened_at, Duration coding);
  void open(Change change);
  void merge(Instant at, const Change& change);
  void build(Instant at, const std::string& sha, const Change& change);
  std::string change_text(Instant at, const Change& change, const std::string& merge_sha) const;
  std::string commit_text(Instant at, const Commit& commit, const std::string& author, const std::string& branch,
                          const std::vector<std::string>& parents) const;
  std::string next_sha();

  const Character& character_;
  const std::string repository_;
  const std::uint64_t seed_;
  const Calendar calendar_;
  Dice dice_;
  Agenda& agenda_;
  Voice& voice_;
  Pipelines pipelines_;
  const Built built_;

  std::string head_;  ///< Of main.
  int last_number_ = 0;
  std::size_t shas_ = 0;
  std::size_t builds_ = 0;
};

}  // namespace fairlead::simulate
