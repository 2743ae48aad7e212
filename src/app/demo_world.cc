#include "app/demo_world.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <future>

namespace fairlead::app {
namespace {

constexpr const char* kFileName = "demo-world";
/// How long the start waits for the past to be linked: some seconds. After this the page comes first, and the rest
/// follows.
constexpr int kLinkedTimeoutMs = 120'000;

/// Written before the first delivery: a world that was begun is always gone on with.
Status remember(const std::filesystem::path& file, Instant founded_at) {
  const std::filesystem::path draft = file.string() + ".new";
  std::ofstream out(draft, std::ios::trunc);
  out << format_time(founded_at) << '\n';
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(draft, file, error);
  if (out && !error) return {};
  return fail(ErrorCode::kIo, "{} cannot be written: make room, or choose another folder with --data", file.string());
}

Result<Instant> recall(const std::filesystem::path& file) {
  std::string line;
  std::ifstream in(file);
  std::getline(in, line);
  const Result<Instant> founded_at = parse_time(line);
  if (founded_at && plausible(*founded_at)) return founded_at;
  return fail(ErrorCode::kCorrupt,
              "{} should hold the time at which the demo's world was founded: start the demo on a "
              "new folder",
              file.string());
}

/// Real data and a demo stay apart: a demo lets everybody on this machine in, and its reports show what is made up.
Status check_unused(engine::Engine& engine, const JournalAddress& store) {
  for (std::uint32_t lane = 0; lane < engine.journal().lanes(); ++lane) {
    ASSIGN_OR_RETURN(const std::uint64_t last, engine.journal().last_sequence(lane));
    if (last == 0) continue;
    if (store.uri.empty()) {
      return fail(ErrorCode::kConflict,
                  "{} holds data that no demo made: give the demo a folder of its own with --data, or start `fairlead "
                  "serve`",
                  store.folder.string());
    }
    return fail(ErrorCode::kConflict,
                "{} holds data already: give the demo a database of its own, or, where a demo made it, that demo's "
                "folder with --data",
                store.text());
  }
  return {};
}

Result<Instant> founding(engine::Engine& engine, const JournalAddress& store, const std::filesystem::path& folder,
                         Instant now) {
  const std::filesystem::path file = folder / kFileName;
  if (std::filesystem::exists(file)) return recall(file);
  RETURN_IF_ERROR(check_unused(engine, store));
  const Instant founded_at{now.ms / 1000 * 1000};
  RETURN_IF_ERROR(remember(file, founded_at));
  return founded_at;
}

void await_linked(engine::Engine& engine, JournalPosition position) {
  std::promise<bool> linked;
  engine.when_projected(position, kLinkedTimeoutMs, [&](bool reached) { linked.set_value(reached); });
  linked.get_future().wait();
}

}  // namespace

DemoWorld::DemoWorld(std::unique_ptr<simulate::Feed> feed, const Clock& clock, std::string summary)
    : feed_(std::move(feed)),
      live_(*feed_, clock,
            [](const Error& error) { spdlog::error("the demo's world cannot be stored: {}", error.message); }),
      summary_(std::move(summary)) {}

Result<std::unique_ptr<DemoWorld>> DemoWorld::start(engine::Engine& engine, const JournalAddress& store,
                                                    const std::filesystem::path& folder, const Clock& clock) {
  const Instant began = clock.now();
  ASSIGN_OR_RETURN(const Instant founded_at, founding(engine, store, folder, began));
  auto feed = std::make_unique<simulate::Feed>(simulate::World::kDemoSeed, founded_at, engine);
  ASSIGN_OR_RETURN(const auto last, feed->tell(began));
  if (last) await_linked(engine, *last);
  std::string summary = fmt::format(
      "a made-up world, founded {}, {} new deliveries, ready after {:.1f} s; all of it is marked as simulated",
      format_time(founded_at), engine.stats().appended, (clock.now() - began).as_seconds());
  if (began > founded_at + simulate::World::kFuture) summary += "; it is old and moves no more: start on a new folder";
  return std::unique_ptr<DemoWorld>(new DemoWorld(std::move(feed), clock, std::move(summary)));
}

}  // namespace fairlead::app
