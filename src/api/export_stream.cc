#include "api/export_stream.h"

#include <atomic>

#include "api/problems.h"
#include "engine/replay.h"

namespace fairlead::api {
namespace {

/// Lines are gathered up to this size, so that a write costs little and the client's queue stays small.
constexpr std::size_t kChunkBytes = 32 * 1024;

/// One export under way: what its thread and its connection share. There is at most one, and it makes room when both
/// are done with it.
class Export {
 public:
  explicit Export(std::atomic<bool>& busy) : busy_(&busy) {}
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;
  ~Export() { busy_->store(false); }

  /// The client is gone: the rest need not be read.
  std::atomic<bool> abandoned = false;

 private:
  std::atomic<bool>* busy_;
};

/// Writes lines to a client at its own pace, until it is gone.
class PacedLines {
 public:
  PacedLines(http::Stream& stream, const Export& running) : stream_(&stream), export_(&running) {}

  void add(std::string_view line) {
    if (lost_) return;
    waiting_.append(line).append("\n");
    if (waiting_.size() >= kChunkBytes) flush();
  }
  void flush() {
    if (!lost_ && !waiting_.empty()) lost_ = export_->abandoned || !stream_->write_wait(std::move(waiting_));
    waiting_.clear();
  }

 private:
  http::Stream* const stream_;
  const Export* const export_;
  std::string waiting_;
  bool lost_ = false;
};

void write_dump(Context& context, http::Stream& stream, const Export& running) {
  PacedLines lines(stream, running);
  if (const auto reader = context.engine.read()) {
    const auto hash = engine::dump_hash(**reader, [&lines](std::string_view line) { lines.add(line); });
    // Without the last line the client knows that something is missing.
    if (hash) lines.add(R"({"sha256":")" + *hash + R"("})");
  }
  lines.flush();
  stream.close();
}

}  // namespace

http::Response export_response(Context& context) {
  if (context.exporting.exchange(true)) return unavailable("Another export is running.", 10);
  const auto running = std::make_shared<Export>(context.exporting);
  http::Response response;
  response.stream_finishes = true;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}};
  response.on_stream = [&context, running](const std::shared_ptr<http::Stream>& stream) {
    std::function<void()> job = [&context, stream, running] { write_dump(context, *stream, *running); };
    if (!context.long_work.post(job)) stream->close();
  };
  response.on_close = [running] { running->abandoned = true; };
  return response;
}

}  // namespace fairlead::api
