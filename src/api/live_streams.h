#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "engine/live_hub.h"
#include "http/message.h"

namespace fairlead::api {

/// Server-sent events (`/api/v1/stream`). One thread reads the hub, formats each batch once and hands it to all
/// clients, so that publishing costs the engine one nudge however many listen. A client that comes back with
/// Last-Event-ID goes on where it was; where the hub's ring has passed it by it gets `event: resync` and must read
/// everything anew.
class LiveStreams {
 public:
  static constexpr std::size_t kBatchEvents = 256;

  LiveStreams(engine::LiveHub& hub, Duration heartbeat);
  ~LiveStreams();  ///< Stops.

  /// The answer that becomes a stream, or 503 when limits::kLiveSubscribersMax are there. `allowed` is asked at each
  /// heartbeat, and the stream ends when it says no; empty: it may go on for ever.
  http::Response open(std::string owner, std::optional<std::uint64_t> last_event_id,
                      std::function<bool()> allowed = {});

  /// Ends the streams of a credential (a token's id, a session's key) that was revoked.
  void close_of(std::string_view owner);

  std::size_t clients() const;

  /// Ends all streams and joins the thread. Idempotent.
  void stop();

 private:
  struct Client {
    std::string owner;
    std::function<bool()> allowed;
    std::shared_ptr<http::Stream> stream;  // set before the thread sees it, then constant
    std::uint64_t position = 0;            // of the thread alone
  };

  void run();
  void deliver(const std::vector<std::shared_ptr<Client>>& clients);
  static void beat(const std::vector<std::shared_ptr<Client>>& clients);
  void forget(const Client* client);

  engine::LiveHub* const hub_;
  const Duration heartbeat_;
  std::shared_ptr<engine::LiveHub::Subscription> subscription_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Client>> clients_;
  std::size_t admitted_ = 0;  // clients_ and those whose answer is on its way
  bool nudged_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

/// `id`, `event` and `data` lines of one event.
std::string format_event(const engine::LiveEvent& event);

}  // namespace fairlead::api
