#include <array>
#include <utility>

#include "sources/events/event_types.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

constexpr std::int64_t kStepMax = 10'000;
constexpr std::int64_t kCountMax = std::int64_t{1} << 53;
constexpr std::size_t kBucketsMax = 200;

/// Words of canary tools for what a canary is doing.
RunStatus status_of_phase(std::string_view phase) {
  constexpr auto kPhases = std::to_array<std::pair<std::string_view, RunStatus>>({
      {"waiting", RunStatus::kQueued},
      {"progressing", RunStatus::kRunning},
      {"paused", RunStatus::kRunning},
      {"promoting", RunStatus::kRunning},
      {"completed", RunStatus::kSuccess},
      {"promoted", RunStatus::kSuccess},
      {"rolled_back", RunStatus::kFailed},
      {"aborted", RunStatus::kFailed},
  });
  for (const auto& [word, status] : kPhases) {
    if (word == phase) return status;
  }
  return parse_run_status(phase);
}

}  // namespace

void read_canary(EventFields& in, EventSink* sink) {
  const IdText id = in.id("id");
  const std::string_view service = in.name("service");
  const std::string_view environment = in.name("environment");
  const std::string_view version = in.name("version");
  const std::string_view stable_version = in.name("stable_version");
  const std::string_view phase = in.name("phase");
  const auto weight = in.integer("weight", 0, 100);
  const auto step = in.integer("step", 0, kStepMax);
  const auto steps = in.integer("steps", 0, kStepMax);
  const StatusTimes times{in.time("queued_at"), in.time("started_at"), in.time("finished_at")};
  const bool simulated = in.flag("simulated");
  if (id.empty()) {
    in.require("service", "what is tried out, for example \"api\" (or give the canary's \"id\")");
    in.require("version", "the version that is tried out; a canary without an \"id\" is told from others by it");
  }
  if (in.failed() || sink == nullptr) return;

  // The phase's status is spelt in our words before the common rules see it.
  const RunStatus known = status_of_phase(phase);
  const std::string_view word = known == RunStatus::kUnknown ? phase : to_string(known);
  const ReadStatus status = read_status(in, word, times, "canary.phase", *sink);
  const Stamp stamp = in.stamp(status.rank, sink->delivery);
  Canary out;
  out.identity.origin = sink->delivery.origin;
  out.identity.id =
      id.empty() ? derived_id({"canary", service, environment, version, stable_version}) : std::string(id.view());
  put(out.service, stamp, service);
  put(out.environment, stamp, environment);
  put(out.version, stamp, version);
  put(out.stable_version, stamp, stable_version);
  put(out.status, stamp, status.status);
  put(out.phase, stamp, phase);
  put(out.weight, stamp, weight);
  put(out.step, stamp, step);
  put(out.steps, stamp, steps);
  put_simulated(out.simulated, stamp, simulated);
  sink->add(std::move(out));
}

/// Samples are checked and kept in the journal; nothing is derived from them yet.
void read_canary_sample(EventFields& in, EventSink* sink) {
  const IdText canary_id = in.id("canary_id");
  in.require("at", "when the sample was taken");
  in.time("at");
  const std::string_view arm = in.name("arm");
  in.integer("requests", 0, kCountMax);
  in.integer("errors", 0, kCountMax);
  in.each_member("latency_ms_buckets", kBucketsMax,
                 [&](std::string_view, simdjson::dom::element count) { in.expect_count("latency_ms_buckets", count); });
  in.number("cpu");
  in.number("memory");
  in.flag("simulated");
  if (canary_id.empty()) in.reject("\"canary_id\" is missing: the id of the canary that the sample belongs to");
  if (arm.empty()) in.reject("\"arm\" is missing: \"canary\" or \"stable\"");
  if (in.failed() || sink == nullptr) return;

  if (arm != "canary" && arm != "stable") sink->count_unknown("canary_sample.arm", arm);
}

}  // namespace fairlead::sources
