#include "simulate/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "simulate/event_text.h"

namespace fairlead::simulate {
namespace {

constexpr Duration kMinute = Duration::seconds(60);
constexpr Duration minutes(std::int64_t n) {
  return Duration::millis(n * kMinute.ms);
}

/// A team knows its service before it breaks it: the first releases go well, so that there is something to go back to.
constexpr std::size_t kCalmReleases = 3;
/// Of weekly releases: Tuesday.
constexpr std::int64_t kReleaseDay = 1;
/// Nothing happens by chance in the hours before the founding to a service for which trouble is arranged.
constexpr Duration kHeldBreath = Duration::hours(5);

constexpr std::string_view kStaging = "staging";
constexpr std::string_view kProduction = "production";
constexpr std::array kSeverities = {"low", "medium", "medium", "high", "high", "critical"};
constexpr std::array kTroubles = {"Errors after the release", "Slow answers",       "Requests time out",
                                  "Queue does not drain",     "Wrong totals shown", "Memory grows"};

}  // namespace

Operations::Operations(const Character& character, std::uint64_t seed, Instant founded_at, Agenda& agenda, Voice& voice)
    : character_(character),
      founded_at_(founded_at),
      calendar_(founded_at),
      dice_(seed, fmt::format("{} operations", character.service)),
      agenda_(agenda),
      voice_(voice) {}

void Operations::begin(Instant at, Development& development) {
  development_ = &development;
  if (character_.release != Release::kEachMerge) next_train(at);
}

void Operations::take(Instant at, const Build& build) {
  // Of two builds the newer one may be done first. Nobody puts the older one over it.
  if (build.number < newest_staged_) return;
  newest_staged_ = build.number;
  const Candidate candidate{build, fmt::format("{}.{}.0", character_.major, ++versions_)};
  const bool fails = !live_.empty() && dice_.chance(character_.failed_attempt_percent);
  deploy(at + dice_.even(Duration::seconds(3), Duration::seconds(20)), kStaging, candidate, "normal", fails,
         [this](Instant now, const Deployment& deployment) {
           if (staged_ && staged_->build.number > deployment.what.build.number) return;
           staged_ = deployment.what;
           // The first version of all goes out at once: it is the baseline.
           if (character_.release == Release::kEachMerge || live_.empty()) release(now + Duration::seconds(20));
         });
}

void Operations::next_train(Instant at) {
  std::int64_t day = calendar_.day_of(at) + 1;
  const bool weekly = character_.release == Release::kWeekly;
  while (calendar_.free(day) || (weekly && calendar_.weekday(day) != kReleaseDay)) ++day;
  const Instant when = calendar_.morning_of(day) + dice_.even(Duration::hours(3), Duration::hours(5));
  agenda_.at(when, [this](Instant now) {
    release(now);
    next_train(now);
  });
}

void Operations::release(Instant at) {
  if (releasing_ || in_trouble_ || !staged_ || staged_->build.number <= newest_released_) return;
  releasing_ = true;
  const bool fails = !live_.empty() && !arranged_trouble_ && dice_.chance(character_.failed_attempt_percent);
  if (!fails) {
    newest_released_ = staged_->build.number;
  }
  deploy(at, kProduction, *staged_, "normal", fails, [this](Instant now, const Deployment& deployment) {
    releasing_ = false;
    released(now, deployment);
  });
}

void Operations::released(Instant at, const Deployment& deployment) {
  live_.push_back(deployment);
  if (turns_out_bad(at)) {
    trouble(at, deployment);
  } else if (character_.release == Release::kEachMerge) {
    release(at + kMinute);  // what came meanwhile
  }
}

bool Operations::turns_out_bad(Instant at) {
  if (live_.size() <= kCalmReleases) return false;
  if (arranged_trouble_) return at < *arranged_trouble_;
  const bool breath_held = at >= founded_at_ - kHeldBreath && at < founded_at_ + minutes(5);
  const int percent = at >= founded_at_ - kLately ? character_.bad_percent_lately : character_.bad_percent;
  return dice_.chance(percent) && !breath_held;
}

void Operations::deploy(Instant at, std::string_view environment, const Candidate& what, std::string_view kind,
                        bool fails, std::function<void(Instant, const Deployment&)> done) {
  const Instant finished_at = at + dice_.even(Duration::millis(character_.deploy.ms * 7 / 10),
                                              Duration::millis(character_.deploy.ms * 15 / 10));
  const Deployment deployment{fmt::format("{}-{}-{}", character_.service, environment, ++attempts_), what, finished_at};
  const auto text = [&](Instant now, std::string_view status) {
    Object out = event("deployment", now);
    out.text("id", deployment.id).text("service", character_.service).text("environment", environment);
    out.text("version", what.version).text("repository", development_->repository()).text("sha", what.build.sha);
    out.text("run_id", what.build.run_id).text("kind", kind).text("deployer", "deploy-bot").text("status", status);
    out.time("started_at", at);
    if (now == finished_at) out.time("finished_at", finished_at);
    return out.str();
  };
  voice_.say_meanwhile(at, fmt::format("deployment/{}/running", deployment.id), text(at, "running"), finished_at);
  voice_.say(finished_at, fmt::format("deployment/{}/done", deployment.id),
             text(finished_at, fails ? "failed" : "success"));
  if (!fails) {
    agenda_.at(finished_at, [done = std::move(done), deployment](Instant now) { done(now, deployment); });
    return;
  }
  // Somebody looks at it and tries again.
  agenda_.at(finished_at + dice_.even(minutes(5), minutes(25)),
             [this, environment, what, kind, done = std::move(done)](Instant now) {
               // What came meanwhile stays.
               if (environment == kStaging && what.build.number < newest_staged_) return;
               if (environment == kProduction) newest_released_ = std::max(newest_released_, what.build.number);
               deploy(now, environment, what, kind, false, done);
             });
}

void Operations::trouble(Instant at, const Deployment& bad) {
  in_trouble_ = true;
  Incident incident;
  incident.id = fmt::format("{}-incident-{}", character_.service, ++incidents_);
  incident.title = fmt::format("{}: {}", character_.service, dice_.pick(kTroubles));
  incident.severity = dice_.pick(kSeverities);
  if (dice_.chance(character_.named_percent)) incident.deployment_id = bad.id;
  incident.opened_at = at + dice_.skewed(minutes(3), minutes(50));
  if (arranged_trouble_) incident.opened_at = *arranged_trouble_;
  arranged_trouble_.reset();
  incident.acknowledged_at = incident.opened_at + dice_.skewed(kMinute, minutes(10));
  const std::string beat = "incident/" + incident.id;
  voice_.say(incident.opened_at, beat + "/opened", incident_text(incident.opened_at, incident, std::nullopt));
  voice_.say(incident.acknowledged_at, beat + "/acknowledged",
             incident_text(incident.acknowledged_at, incident, std::nullopt));
  agenda_.at(incident.acknowledged_at, [this, incident, bad](Instant now) { remedy(now, incident, bad); });
}

void Operations::remedy(Instant at, const Incident& incident, const Deployment& bad) {
  switch (character_.remedy) {
    case Remedy::kRollback:
      return roll_back(at + dice_.skewed(minutes(4), minutes(22)), incident);
    case Remedy::kHotfix:
    case Remedy::kRevert:
      return fix(at + dice_.skewed(minutes(10), minutes(90)), incident, bad);
    case Remedy::kConfiguration:
      return resolve(at + dice_.skewed(minutes(20), minutes(240)), incident);
  }
}

void Operations::roll_back(Instant at, const Incident& incident) {
  const Candidate before = live_[live_.size() - 2].what;
  agenda_.at(at, [this, before, incident](Instant now) {
    deploy(now, kProduction, before, "rollback", false, [this, incident](Instant end, const Deployment& rollback) {
      live_.push_back(rollback);
      resolve(end + dice_.even(kMinute, minutes(6)), incident);
    });
  });
}

void Operations::fix(Instant at, const Incident& incident, const Deployment& bad) {
  const bool revert = character_.remedy == Remedy::kRevert;
  UrgentChange change;
  change.title = revert ? fmt::format("Revert what {} brought", bad.what.version) : "Fix: " + incident.title;
  change.label = revert ? "" : "hotfix";
  change.branch = fmt::format("{}/{}", revert ? "revert" : "hotfix", incident.id);
  if (revert) change.reverts = bad.what.build.sha;
  development_->urgent(at, change, [this, incident, revert](Instant now, const Build& build) {
    newest_staged_ = std::max(newest_staged_, build.number);
    newest_released_ = std::max(newest_released_, build.number);
    const Candidate candidate{build, fmt::format("{}.{}.1", character_.major, ++versions_)};
    deploy(now + Duration::seconds(15), kProduction, candidate, revert ? "rework" : "hotfix", false,
           [this, incident](Instant end, const Deployment& fixed) {
             live_.push_back(fixed);
             resolve(end + dice_.even(minutes(2), minutes(12)), incident);
           });
  });
}

void Operations::resolve(Instant at, const Incident& incident) {
  voice_.say(at, fmt::format("incident/{}/resolved", incident.id), incident_text(at, incident, at));
  agenda_.at(at, [this](Instant now) {
    in_trouble_ = false;
    if (character_.release == Release::kEachMerge) release(now + kMinute);
  });
}

std::string Operations::incident_text(Instant at, const Incident& incident, std::optional<Instant> resolved_at) const {
  Object out = event("incident", at);
  out.text("id", incident.id).text("service", character_.service).text("environment", kProduction);
  out.text("severity", incident.severity).text("title", incident.title).time("opened_at", incident.opened_at);
  if (!incident.deployment_id.empty()) out.text("deployment_id", incident.deployment_id);
  if (at >= incident.acknowledged_at) out.time("acknowledged_at", incident.acknowledged_at);
  if (resolved_at) out.time("resolved_at", *resolved_at);
  return out.str();
}

}  // namespace fairlead::simulate
