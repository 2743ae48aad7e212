#include "http/mailbox.h"

namespace fairlead::http {

bool Mailbox::post(std::shared_ptr<Receiver> receiver) {
  const std::lock_guard lock(mutex_);
  if (!wake_) return false;
  waiting_.push_back(std::move(receiver));
  if (waiting_.size() == 1) wake_();
  return true;
}

void Mailbox::deliver() {
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(waiting_);
  }
  for (auto& receiver : taken_) {
    receiver->receive();
    receiver.reset();
  }
  taken_.clear();
}

void Mailbox::close() {
  std::vector<std::shared_ptr<Receiver>> dropped;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  dropped.swap(waiting_);
}

}  // namespace fairlead::http
