#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "http/mailbox.h"
#include "http/message.h"

namespace fairlead::http {

/// One request's way from its handler's answer, on any thread, back to its connection.
class Exchange final : public Mailbox::Receiver, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<Mailbox> mailbox, bool gzip_accepted)
      : mailbox_(std::move(mailbox)), owner_(std::this_thread::get_id()), gzip_accepted_(gzip_accepted) {}
  ~Exchange() override;

  /// The handler's side, called once.
  void answer(Response response);

  // The connection's side, on its own thread only.
  bool answered() const { return answered_; }
  void call_when_answered(std::move_only_function<void()> waiter) { waiter_ = std::move(waiter); }
  /// The connection was cut: wakes the waiter without an answer.
  void give_up();
  std::optional<Response> take();
  void receive() override;

 private:
  const std::shared_ptr<Mailbox> mailbox_;
  const std::thread::id owner_;
  const bool gzip_accepted_;
  std::optional<Response> response_;  ///< Written by answer(), read after the mailbox carried it over.
  bool answered_ = false;
  std::move_only_function<void()> waiter_;
};

/// For an answer that reaches no client: tells its stream's owner.
void abandon(Response& response);

}  // namespace fairlead::http
