#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "http/mailbox.h"
#include "http/message.h"

namespace fairlead::http {

/// The bytes that wait for one streaming client: written by any thread, taken by the connection's.
class StreamQueue final : public Stream, public Mailbox::Receiver, public std::enable_shared_from_this<StreamQueue> {
 public:
  class Owner {
   public:
    /// On the connection's thread: there is something to take.
    virtual void on_stream_change() = 0;

   protected:
    ~Owner() = default;
  };

  /// `chunked`: each write becomes one chunk.
  StreamQueue(std::shared_ptr<Mailbox> mailbox, bool chunked, std::size_t bytes_max);

  // Any thread.
  bool write(std::string bytes) override;
  bool write_wait(std::string bytes) override;
  void close() override;

  // The connection's thread.
  void set_owner(Owner& owner) { owner_ = &owner; }
  struct Taken {
    std::string bytes;
    bool last = false;      ///< Closed: nothing comes after these bytes.
    bool overflow = false;  ///< The client is too slow and is to be cut.
  };
  Taken take();
  /// The client is gone: every later write says so.
  void disconnect();
  void receive() override;

 private:
  // With mutex_ held.
  bool has_room(std::size_t bytes) const;
  void append(const std::string& bytes);
  void announce();

  const std::shared_ptr<Mailbox> mailbox_;
  const std::size_t bytes_max_;
  const bool chunked_;
  std::mutex mutex_;
  std::condition_variable room_;
  bool announced_ = false;  // guarded by mutex_: receive() is on its way
  bool closed_ = false;     // guarded by mutex_
  bool gone_ = false;       // guarded by mutex_
  bool overflow_ = false;   // guarded by mutex_
  std::string waiting_;     // guarded by mutex_
  Owner* owner_ = nullptr;  // only the connection's thread; null once disconnected
};

}  // namespace fairlead::http
