#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "api/failure_limiter.h"
#include "api/worker.h"
#include "base/clock.h"

namespace fairlead::api {

/// What keeps guessing of passwords slow and cheap for us: limits per address and per name, one thread for the hashes,
/// and a bounded number of logins that wait for it. Thread-safe.
class LoginGate {
 public:
  /// Logins that wait while one is worked on; one more is answered 503.
  static constexpr std::size_t kWaitingMax = 8;
  /// Wrong passwords for one name, from wherever, before it has to wait. More than one address is given, so that
  /// nobody can keep a person out from a single one.
  static constexpr int kNameBurst = 100;

  explicit LoginGate(const Clock& clock)
      : addresses_(clock), names_(clock, kNameBurst), audited_(clock), worker_(kWaitingMax) {}

  /// Notes an attempt before its work. False: there were too many wrong ones, answer 429.
  bool admit(std::string_view address, std::string_view name);

  /// The attempt was right, or was not made: it does not count.
  void forgive(std::string_view address, std::string_view name);

  /// Counts a wrong password. True: it goes into the audit log. That log is never cut, so a flood of wrong passwords is
  /// only counted after its first entries.
  bool note_wrong();
  std::uint64_t wrong() const { return wrong_.load(std::memory_order_relaxed); }

  /// False where too many wait; then `job` was not taken.
  bool post(std::function<void()>& job) { return worker_.post(job); }
  /// Finishes the login that runs and drops those that wait. Idempotent.
  void stop() { worker_.stop(); }

 private:
  FailureLimiter addresses_;
  FailureLimiter names_;
  FailureLimiter audited_;
  std::atomic<std::uint64_t> wrong_ = 0;
  Worker worker_;
};

}  // namespace fairlead::api
