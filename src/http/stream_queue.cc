#include "http/stream_queue.h"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::http {

StreamQueue::StreamQueue(std::shared_ptr<Mailbox> mailbox, bool chunked, std::size_t bytes_max)
    : mailbox_(std::move(mailbox)), bytes_max_(bytes_max), chunked_(chunked) {}

bool StreamQueue::write(std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_ || gone_ || overflow_) return false;
  if (bytes.empty()) return true;  // an empty chunk would end the body
  if (bytes.size() > bytes_max_ - std::min(bytes_max_, waiting_.size())) {
    overflow_ = true;
    announce();
    return false;
  }
  if (chunked_) {
    fmt::format_to(std::back_inserter(waiting_), "{:x}\r\n", bytes.size());
    waiting_ += bytes;
    waiting_ += "\r\n";
  } else {
    waiting_ += bytes;
  }
  announce();
  return true;
}

void StreamQueue::close() {
  const std::lock_guard lock(mutex_);
  if (closed_ || gone_) return;
  closed_ = true;
  announce();
}

void StreamQueue::announce() {
  if (announced_) return;
  announced_ = mailbox_->post(shared_from_this());
}

StreamQueue::Taken StreamQueue::take() {
  const std::lock_guard lock(mutex_);
  Taken taken{.bytes = std::move(waiting_), .last = closed_, .overflow = overflow_};
  waiting_ = {};
  if (closed_ && chunked_) taken.bytes += "0\r\n\r\n";
  return taken;
}

void StreamQueue::disconnect() {
  owner_ = nullptr;
  const std::lock_guard lock(mutex_);
  gone_ = true;
  waiting_ = {};
}

void StreamQueue::receive() {
  {
    const std::lock_guard lock(mutex_);
    announced_ = false;
  }
  if (owner_ != nullptr) owner_->on_stream_change();
}

}  // namespace fairlead::http
