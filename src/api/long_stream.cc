#include "api/long_stream.h"

#include <algorithm>
#include <atomic>

#include "api/problems.h"

namespace fairlead::api {
namespace {

/// Bytes are gathered up to this size, so that a write costs little and the client's queue stays small.
constexpr std::size_t kChunkBytes = 32 * 1024;

/// One long answer under way: what its thread and its connection share. There is at most one, and it makes room when
/// both are done with it.
class LongAnswer {
 public:
  explicit LongAnswer(std::atomic<bool>& busy) : busy_(&busy) {}
  LongAnswer(const LongAnswer&) = delete;
  LongAnswer& operator=(const LongAnswer&) = delete;
  ~LongAnswer() { busy_->store(false); }

  /// The client is gone: the rest need not be made.
  std::atomic<bool> abandoned = false;

 private:
  std::atomic<bool>* busy_;
};

/// Writes to a client at its own pace, until it is gone.
class PacedBytes {
 public:
  PacedBytes(http::Stream& stream, const LongAnswer& running) : stream_(&stream), running_(&running) {}

  bool add(std::string_view bytes) {
    while (!bytes.empty() && !lost_) {
      const std::size_t room = std::min(bytes.size(), kChunkBytes - waiting_.size());
      waiting_.append(bytes.substr(0, room));
      bytes.remove_prefix(room);
      if (waiting_.size() >= kChunkBytes) flush();
    }
    return !lost_;
  }
  void flush() {
    if (!lost_ && !waiting_.empty()) lost_ = running_->abandoned || !stream_->write_wait(std::move(waiting_));
    waiting_.clear();
  }

 private:
  http::Stream* const stream_;
  const LongAnswer* const running_;
  std::string waiting_;
  bool lost_ = false;
};

}  // namespace

http::Response long_stream(Context& context, std::string content_type, std::function<void(const WriteBytes&)> write) {
  if (context.exporting.exchange(true)) return unavailable("Another export or backup is running.", 10);
  const auto running = std::make_shared<LongAnswer>(context.exporting);
  http::Response response;
  response.stream_finishes = true;
  response.headers = {{"Content-Type", std::move(content_type)}, {"Cache-Control", "no-store"}};
  response.on_stream = [&context, running, write = std::move(write)](const std::shared_ptr<http::Stream>& stream) {
    std::function<void()> job = [stream, running, write] {
      PacedBytes bytes(*stream, *running);
      write([&bytes](std::string_view piece) { return bytes.add(piece); });
      bytes.flush();
      stream->close();
    };
    if (!context.long_work.post(job)) stream->close();
  };
  response.on_close = [running] { running->abandoned = true; };
  return response;
}

}  // namespace fairlead::api
