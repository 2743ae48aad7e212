#pragma once

// Tokens and passwords.
//
// A token reads `fl_<id>_<secret><check>`: 16 hex digits of public id, 43 characters of base64url (256 random bits),
// 8 hex digits of checksum (the first four bytes of the SHA-256 of all before), so that a mistyped token is refused
// without a look-up and a leaked one is easy to search for. Stored is only the SHA-256 of the whole text, in hex.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "http/router.h"
#include "store/store.h"

namespace fairlead::api {

std::string_view to_string(store::Role role);           ///< `ingest`, `viewer`, `operator`, `admin`.
Result<store::Role> parse_role(std::string_view text);  ///< kInvalid says which words there are.

/// The role of a person: all but ingest, which is for tools and could not even see the page.
Result<store::Role> parse_user_role(std::string_view text);

/// admin ⊃ operator ⊃ viewer and ingest, which stand side by side. Open and hook routes are anyone's.
bool allows(store::Role role, http::Access access);

/// A fresh token: `text` is shown once and then forgotten, `row` goes into the journal.
struct NewToken {
  std::string text;
  store::TokenRow row;
};
NewToken make_token(Random& random, store::Role role, std::string name, Instant now);

/// The public id of a well-formed token whose checksum holds, else nothing. Says nothing about whether it exists.
std::optional<std::string_view> token_id(std::string_view text);

/// What TokenRow::secret_hash holds.
std::string hash_token(std::string_view text);

/// argon2id with 19 MiB and 2 passes. At most kRunningMax hashes run at once and kWaitingMax wait, so that logins
/// cannot take the machine's memory; past that the answer is kUnavailable. Thread-safe; blocks, so never on an I/O
/// thread.
class PasswordHasher {
 public:
  static constexpr int kRunningMax = 2;
  static constexpr int kWaitingMax = 8;
  static constexpr std::size_t kPasswordBytesMin = 8;
  static constexpr std::size_t kPasswordBytesMax = 1'024;

  explicit PasswordHasher(Random& random) : random_(&random) {}

  /// The encoded form for UserRow::password_hash. kInvalid for a password that is too short or too long.
  Result<std::string> hash(std::string_view password);

  /// How many passwords were hashed so far, for whatever reason.
  std::uint64_t hashed() const;

  /// Whether `password` belongs to `encoded`. Without `encoded` (no such user) it takes the same time and says no.
  Result<bool> verify(const std::optional<std::string>& encoded, std::string_view password);

 private:
  class Slot;
  Status enter();
  void leave();

  Random* const random_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable left_;
  int running_ = 0;
  int waiting_ = 0;
  std::uint64_t hashed_ = 0;
};

}  // namespace fairlead::api
