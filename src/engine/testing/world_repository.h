#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/testing/dice.h"
#include "engine/testing/world.h"

namespace fairlead::engine::testing {

inline constexpr Instant kWorldStart{1'767'571'200'000};  // 2026-01-05T00:00:00Z, a Monday

/// Times in worlds lie on this grid, so that equal times are common.
inline constexpr Duration kWorldTick = Duration::millis(10 * 60 * 1'000);

struct WorldCommit {
  std::string sha;
  std::vector<std::size_t> parents;  ///< Indices of earlier commits.
  Instant at;
  std::string message;
  std::string branch;
};

struct WorldChange {
  std::string number;
  std::string title;
  std::string branch;
  std::vector<std::size_t> commits;
  std::optional<std::size_t> merge;  ///< The merge or squash commit, if it was merged.
  std::string reverts;
  Instant opened_at;
};

/// A repository as it really is; what tools tell of it is another matter (`tell`).
class WorldRepository {
 public:
  WorldRepository(std::string path, int commits, Dice& dice);

  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }
  const std::vector<WorldCommit>& commits() const { return commits_; }
  /// The newest commit of the main branch at that time, or the first.
  std::size_t main_at(Instant at) const;

  /// Appends the events by which the house hears of commits and changes.
  void tell(std::vector<WorldEvent>& events, Dice& dice) const;

 private:
  std::size_t commit(std::vector<std::size_t> parents, std::string message, const std::string& branch);
  void grow(Dice& dice);
  void grow_branch(Dice& dice);
  void merge_branch(Dice& dice);
  std::string revert_message(Dice& dice) const;

  void tell_commits(std::vector<WorldEvent>& events, Dice& dice) const;
  void tell_pushes(std::vector<WorldEvent>& events, Dice& dice) const;
  void tell_change(const WorldChange& change, std::vector<WorldEvent>& events, Dice& dice) const;
  void tell_pull_request(const WorldChange& change, std::vector<WorldEvent>& events, Dice& dice) const;
  std::vector<std::size_t> reached(std::size_t from) const;
  JsonObject repository_json() const;

  std::string path_;  ///< `acme/r0`.
  std::string name_;  ///< `github.com/acme/r0`.
  Instant now_ = kWorldStart;
  std::vector<WorldCommit> commits_;
  std::vector<std::size_t> main_;  ///< Heads of the main branch, one after the other.
  std::vector<WorldChange> changes_;
  std::vector<std::size_t> open_;  ///< Changes whose branch is not merged.
};

}  // namespace fairlead::engine::testing
