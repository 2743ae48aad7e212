#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "base/limits.h"
#include "http/http_limits.h"

namespace fairlead::http {

/// Bytes read and not yet used. Small at first, grows only while a client fills it, at most to hold one header.
class InputBuffer {
 public:
  std::string_view unread() const { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  /// Where to read to next; never empty.
  std::span<char> space() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (!bytes_) resize(limits::kInputBytesInitial);
    if (end_ == capacity_ && begin_ > 0) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else if (end_ == capacity_ || (was_filled_ && capacity_ < kCapacityMax)) {
      resize(capacity_ * 2);
    }
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t bytes) {
    end_ += bytes;
    was_filled_ = end_ == capacity_;
  }
  void consume(std::size_t bytes) { begin_ += bytes; }

  /// Gives memory back while nothing is unread. `all`: even the initial size.
  void shrink(bool all) {
    if (!empty() || (!all && capacity_ <= limits::kInputBytesInitial)) return;
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
    was_filled_ = false;
  }

 private:
  static constexpr std::size_t kCapacityMax = 2 * limits::kHeaderBytesMax;

  void resize(std::size_t capacity) {
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ > 0) std::memcpy(bytes.get(), bytes_.get(), end_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool was_filled_ = false;
};

}  // namespace fairlead::http
