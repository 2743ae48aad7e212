#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "app/journal_address.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/engine.h"
#include "simulate/feed.h"
#include "simulate/live_world.h"

namespace fairlead::app {

/// The made-up world that `fairlead demo` shows. A data folder remembers when its world was founded, so that a second
/// start goes on where the first one ended.
class DemoWorld {
 public:
  /// Founds a world or finds the folder's, and returns when all of its past is in the reports; then it goes on by
  /// itself. kConflict: `store`, on which `engine` works, holds other data.
  static Result<std::unique_ptr<DemoWorld>> start(engine::Engine& engine, const JournalAddress& store,
                                                  const std::filesystem::path& folder, const Clock& clock);
  void stop() { live_.stop(); }

  /// What was made, for people.
  const std::string& summary() const { return summary_; }

 private:
  DemoWorld(std::unique_ptr<simulate::Feed> feed, const Clock& clock, std::string summary);

  std::unique_ptr<simulate::Feed> feed_;
  simulate::LiveWorld live_;
  const std::string summary_;
};

}  // namespace fairlead::app
