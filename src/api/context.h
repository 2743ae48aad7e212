#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "api/authorizer.h"
#include "api/credentials.h"
#include "api/health/clock_watch.h"
#include "api/live_streams.h"
#include "api/login_gate.h"
#include "api/options.h"
#include "api/parameters.h"
#include "api/read_gate.h"
#include "api/request_durations.h"
#include "api/sessions.h"
#include "api/token_cache.h"
#include "api/written_positions.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"

namespace fairlead::api {

/// What arrived on the hooks of one source since the start.
struct HookCounters {
  std::atomic<std::uint64_t> delivered = 0;
  std::atomic<std::uint64_t> signature_failures = 0;
  std::atomic<std::int64_t> last_delivered_ms = 0;  ///< 0: nothing yet.
};

/// What the handlers share. Made once, before the first request; every member is safe for use from all threads.
struct Context {
  Context(engine::Engine& its_engine, ApiOptions its_options, const Clock& its_clock, Random& its_random);

  /// The adapter called `name`, or null.
  const sources::Source* source(std::string_view name) const;
  /// Null where the configuration does not know such a hook.
  const HookOptions* hook(std::string_view source, std::string_view name) const;

  engine::Engine& engine;
  const ApiOptions options;
  const Clock& clock;
  Random& random;

  SteadyClock steady;
  TokenCache tokens;
  const std::unique_ptr<Sessions> its_sessions;
  Sessions& sessions;
  Authorizer authorizer;
  WrittenPositions written;
  ReadGate gate;
  LiveStreams streams;
  std::atomic<bool> exporting = false;
  Worker long_work;  ///< Exports and checks, one after the other.
  PasswordHasher passwords;
  std::mutex user_changes;  ///< Held by whoever changes users, from the look at all of them to the written row.
  LoginGate logins;
  RequestDurations durations;
  ClockWatch clock_watch;

  std::map<std::string, HookCounters, std::less<>> hook_counters;  ///< Per source; constant after construction.
  std::atomic<std::uint64_t> unknown_hooks = 0;
};

}  // namespace fairlead::api
