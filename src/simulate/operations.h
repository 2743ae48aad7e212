#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulate/agenda.h"
#include "simulate/calendar.h"
#include "simulate/character.h"
#include "simulate/development.h"
#include "simulate/dice.h"
#include "simulate/voice.h"

namespace fairlead::simulate {

/// Where one service runs: builds go to staging, from there to production as its team releases, and when that goes
/// wrong there is an incident and a remedy.
class Operations {
 public:
  Operations(const Character& character, std::uint64_t seed, Instant founded_at, Agenda& agenda, Voice& voice);

  /// `development` makes the changes that remedy an incident, and outlives this.
  void begin(Instant at, Development& development);
  /// A new build.
  void take(Instant at, const Build& build);
  /// The next release to production turns out bad, at exactly this time.
  void arrange_trouble(Instant at) { arranged_trouble_ = at; }

 private:
  /// A build that has a version.
  struct Candidate {
    Build build;
    std::string version;
  };
  struct Deployment {
    std::string id;
    Candidate what;
    Instant finished_at;
  };
  struct Incident {
    std::string id;
    std::string title;
    std::string severity;
    std::string deployment_id;  ///< Empty where nobody says so.
    Instant opened_at;
    Instant acknowledged_at;
  };

  void next_train(Instant at);
  void release(Instant at);
  void released(Instant at, const Deployment& deployment);
  /// Says the attempt; `done` is called at its end, unless it failed.
  void deploy(Instant at, std::string_view environment, const Candidate& what, std::string_view kind, bool fails,
              std::function<void(Instant, const Deployment&)> done);
  void trouble(Instant at, const Deployment& bad);
  void remedy(Instant at, const Incident& incident, const Deployment& bad);
  void roll_back(Instant at, const Incident& incident);
  void fix(Instant at, const Incident& incident, const Deployment& bad);
  void resolve(Instant at, const Incident& incident);
  bool turns_out_bad(Instant at);
  std::string incident_text(Instant at, const Incident& incident, std::optional<Instant> resolved_at) const;

  const Character& character_;
  const Instant founded_at_;
  const Calendar calendar_;
  Dice dice_;
  Agenda& agenda_;
  Voice& voice_;
  Development* development_ = nullptr;

  std::optional<Candidate> staged_;  ///< What would be released next.
  std::size_t newest_staged_ = 0;    ///< Number of the newest build that went to staging.
  std::size_t newest_released_ = 0;  ///< The same for production: what was rolled back is not released again.
  std::vector<Deployment> live_;     ///< Successes in production.
  bool releasing_ = false;
  bool in_trouble_ = false;  ///< Until the incident is resolved only its remedy is released.
  std::optional<Instant> arranged_trouble_;
  int versions_ = 0;
  int attempts_ = 0;
  int incidents_ = 0;
};

}  // namespace fairlead::simulate
