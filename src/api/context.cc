#include "api/context.h"

#include <algorithm>

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

}  // namespace

Context::Context(engine::Engine& its_engine, ApiOptions its_options, const Clock& its_clock, Random& its_random)
    : engine(its_engine),
      options(with_sources(std::move(its_options))),
      clock(its_clock),
      random(its_random),
      tokens(engine.journal(), options.shared_store ? &steady : nullptr),
      sessions(options.sessions, clock, random),
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
