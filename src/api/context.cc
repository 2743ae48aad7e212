#include "api/context.h"

#include <algorithm>

#include "api/session_table.h"
#include "api/shared_sessions.h"
#include "base/check.h"

namespace fairlead::api {
namespace {

/// One export or check runs, one may wait.
constexpr std::size_t kLongWorkWaitingMax = 1;

ApiOptions with_sources(ApiOptions options) {
  if (options.sources.empty()) {
    const auto all = sources::all_sources();
    options.sources.assign(all.begin(), all.end());
  }
  return options;
}

std::unique_ptr<Sessions> make_sessions(Context& context) {
  const ApiOptions& options = context.options;
  if (!options.shared_store) return std::make_unique<SessionTable>(options.sessions, context.clock, context.random);
  store::SessionStore* const store = context.engine.journal().sessions();
  CHECK(store != nullptr);
  return std::make_unique<SharedSessions>(*store, options.sessions, context.clock, context.steady, context.random);
}

}  // namespace

Context::Context(engine::Engine& its_engine, ApiOptions its_options, const Clock& its_clock, Random& its_random)
    : engine(its_engine),
      options(with_sources(std::move(its_options))),
      clock(its_clock),
      random(its_random),
      tokens(engine.journal(), options.shared_store ? &steady : nullptr),
      its_sessions(make_sessions(*this)),
      sessions(*its_sessions),
      authorizer(tokens, sessions, options, clock),
      written(engine.journal().lanes()),
      gate(engine, written, options.read_own_writes),
      streams(engine.live(), options.heartbeat),
      long_work(kLongWorkWaitingMax),
      passwords(random),
      logins(clock),
      clock_watch(clock) {
  for (const sources::Source* source : options.sources) hook_counters[source->name().text];
}

const sources::Source* Context::source(std::string_view name) const {
  const auto found =
      std::ranges::find_if(options.sources, [name](const sources::Source* one) { return one->name().text == name; });
  return found == options.sources.end() ? nullptr : *found;
}

const HookOptions* Context::hook(std::string_view source, std::string_view name) const {
  const auto found = std::ranges::find_if(
      options.hooks, [&](const HookOptions& one) { return one.source == source && one.name == name; });
  return found == options.hooks.end() ? nullptr : &*found;
}

}  // namespace fairlead::api
