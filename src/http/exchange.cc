#include "http/exchange.h"

#include "http/response_writer.h"

namespace fairlead::http {

void abandon(Response& response) {
  response.on_stream = nullptr;
  if (auto on_close = std::exchange(response.on_close, nullptr)) on_close();
}

Exchange::~Exchange() {
  if (response_) abandon(*response_);
}

void Exchange::answer(Response response) {
  prepare(response, gzip_accepted_);  // compresses here, on the thread that made the answer
  response_ = std::move(response);
  // Answered while the handler was called: the connection looks right after it and needs no mail.
  const bool handler_runs_here = owner_ == std::this_thread::get_id() && !waiter_;
  if (handler_runs_here) {
    answered_ = true;
  } else {
    mailbox_->post(shared_from_this());
  }
}

void Exchange::receive() {
  answered_ = true;
  if (waiter_) std::exchange(waiter_, nullptr)();
}

void Exchange::give_up() {
  if (waiter_) std::exchange(waiter_, nullptr)();
}

std::optional<Response> Exchange::take() {
  if (!answered_) return std::nullopt;
  return std::exchange(response_, std::nullopt);
}

}  // namespace fairlead::http
