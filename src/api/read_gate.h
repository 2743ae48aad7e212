#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/worker.h"
#include "api/written_positions.h"
#include "engine/engine.h"
#include "http/message.h"

namespace fairlead::api {

/// `17` in lane 0, `3.17` in others: what `Fairlead-Sequence` and `Fairlead-After` carry.
std::string format_position(JournalPosition position);
std::optional<JournalPosition> parse_position(std::string_view text);

/// Reading one's own writes: lets a read through once everything that its credential wrote here (or what its header
/// `Fairlead-After` names) is projected and linked, or after the time limit. A read that need not wait goes on where it
/// is; one that waited goes on on a thread of the gate, so that neither the pool nor the projector is held up.
class ReadGate {
 public:
  static constexpr std::size_t kWaitingMax = 1'024;

  ReadGate(engine::Engine& engine, WrittenPositions& written, Duration limit);

  enum class Passed { kFresh, kLate, kRefused };
  using Read = std::function<void(Passed)>;
  /// Calls `read` exactly once: kLate when the limit passed first; kRefused, at once, when kWaitingMax reads wait
  /// already or the gate was stopped. kInvalid when the header cannot be read; then `read` is not called.
  Status pass(const http::Request& request, Read read);

  /// Rows of the journal that are not projected yet, for `Fairlead-Lag`.
  std::uint64_t lag() const;

  void stop() { worker_.stop(); }

 private:
  struct Waiting;

  engine::Engine* const engine_;
  WrittenPositions* const written_;
  const int limit_ms_;
  std::atomic<std::size_t> waiting_ = 0;
  Worker worker_;
};

}  // namespace fairlead::api
