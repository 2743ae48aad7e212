#include "http/stream_queue.h"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::http {

StreamQueue::StreamQueue(std::shared_ptr<Mailbox> mailbox, bool chunked, std::size_t bytes_max)
    : mailbox_(std::move(mailbox)), bytes_max_(bytes_max), chunked_(chunked) {}

bool StreamQueue::write(std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_ || gone_ || overflow_) return false;
  if (!has_room(bytes.size())) {
    overflow_ = true;
    room_.notify_all();
    announce();
    return false;
  }
  append(bytes);
  return true;
}

bool StreamQueue::write_wait(std::string bytes) {
  std::unique_lock lock(mutex_);
  // A write larger than the whole queue goes when the queue is empty.
  room_.wait(lock, [&] { return closed_ || gone_ || overflow_ || waiting_.empty() || has_room(bytes.size()); });
  if (closed_ || gone_ || overflow_) return false;
  append(bytes);
  return true;
}

bool StreamQueue::has_room(std::size_t bytes) const {
  return bytes <= bytes_max_ - std::min(bytes_max_, waiting_.size());
}

void StreamQueue::append(const std::string& bytes) {
  if (bytes.empty()) return;  // an empty chunk would end the body
  if (chunked_) fmt::format_to(std::back_inserter(waiting_), "{:x}\r\n", bytes.size());
  waiting_ += bytes;
  if (chunked_) waiting_ += "\r\n";
  announce();
}

void StreamQueue::close() {
  const std::lock_guard lock(mutex_);
  if (closed_ || gone_) return;
  closed_ = true;
  room_.notify_all();
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
  room_.notify_all();
  if (closed_ && chunked_) taken.bytes += "0\r\n\r\n";
  return taken;
}

void StreamQueue::disconnect() {
  owner_ = nullptr;
  const std::lock_guard lock(mutex_);
  gone_ = true;
  room_.notify_all();
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
