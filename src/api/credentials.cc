#include "api/credentials.h"

#include <argon2.h>

#include <algorithm>

#include "base/check.h"
#include "base/hash.h"

namespace fairlead::api {
namespace {

constexpr std::string_view kPrefix = "fl_";
constexpr std::size_t kIdChars = 16;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretChars = 43;  // base64url of 32 bytes, without padding
constexpr std::size_t kCheckChars = 8;
constexpr std::size_t kTokenChars = kPrefix.size() + kIdChars + 1 + kSecretChars + kCheckChars;

std::string check_of(std::string_view text) {
  const Sha256 digest = sha256(text);
  return to_hex(bytes_of(digest).substr(0, kCheckChars / 2));
}

bool lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// OWASP's first choice for argon2id.
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemoryKib = 19 * 1024;
constexpr std::uint32_t kParallelism = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

Result<std::string> argon2_encode(std::string_view password, std::string_view salt) {
  std::string encoded(argon2_encodedlen(kPasses, kMemoryKib, kParallelism, kSaltBytes, kHashBytes, Argon2_id), '\0');
  const int code = argon2id_hash_encoded(kPasses, kMemoryKib, kParallelism, password.data(), password.size(),
                                         salt.data(), salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (code != ARGON2_OK) {
    return fail(ErrorCode::kUnavailable, "the password could not be hashed: {}", argon2_error_message(code));
  }
  encoded.resize(encoded.find('\0'));
  return encoded;
}

}  // namespace

std::string_view to_string(store::Role role) {
  switch (role) {
    case store::Role::kIngest:
      return "ingest";
    case store::Role::kViewer:
      return "viewer";
    case store::Role::kOperator:
      return "operator";
    case store::Role::kAdmin:
      return "admin";
  }
  CHECK(false);
}

Result<store::Role> parse_role(std::string_view text) {
  for (const store::Role role :
       {store::Role::kIngest, store::Role::kViewer, store::Role::kOperator, store::Role::kAdmin}) {
    if (text == to_string(role)) return role;
  }
  return fail(ErrorCode::kInvalid, "unknown role '{}': write ingest, viewer, operator or admin", text);
}

Result<store::Role> parse_user_role(std::string_view text) {
  ASSIGN_OR_RETURN(const store::Role role, parse_role(text));
  if (role != store::Role::kIngest) return role;
  return fail(ErrorCode::kInvalid, "a user cannot have the role ingest: write viewer, operator or admin");
}

bool allows(store::Role role, http::Access access) {
  using store::Role;
  switch (access) {
    case http::Access::kOpen:
    case http::Access::kHook:
      return true;
    case http::Access::kIngest:
      return role == Role::kIngest || role == Role::kOperator || role == Role::kAdmin;
    case http::Access::kViewer:
      return role == Role::kViewer || role == Role::kOperator || role == Role::kAdmin;
    case http::Access::kOperator:
      return role == Role::kOperator || role == Role::kAdmin;
    case http::Access::kAdmin:
      return role == Role::kAdmin;
  }
  return false;
}

NewToken make_token(Random& random, store::Role role, std::string name, Instant now) {
  NewToken made;
  made.row.id = to_hex(random.bytes(kIdChars / 2));
  made.text = std::string(kPrefix) + made.row.id + "_" + to_base64url(random.bytes(kSecretBytes));
  made.text += check_of(made.text);
  CHECK(made.text.size() == kTokenChars);
  made.row.secret_hash = hash_token(made.text);
  made.row.role = role;
  made.row.name = std::move(name);
  made.row.created_at = now;
  return made;
}

std::optional<std::string_view> token_id(std::string_view text) {
  if (text.size() != kTokenChars || !text.starts_with(kPrefix)) return std::nullopt;
  const std::string_view id = text.substr(kPrefix.size(), kIdChars);
  if (!lower_hex(id) || text[kPrefix.size() + kIdChars] != '_') return std::nullopt;
  const std::size_t checked = kTokenChars - kCheckChars;
  if (check_of(text.substr(0, checked)) != text.substr(checked)) return std::nullopt;
  return id;
}

std::string hash_token(std::string_view text) {
  const Sha256 digest = sha256(text);
  return to_hex(bytes_of(digest));
}

Status PasswordHasher::enter() {
  std::unique_lock lock(mutex_);
  if (running_ >= kRunningMax) {
    if (waiting_ >= kWaitingMax) {
      return fail(ErrorCode::kUnavailable, "too many passwords are being checked at once: try again in a second");
    }
    ++waiting_;
    left_.wait(lock, [this] { return running_ < kRunningMax; });
    --waiting_;
  }
  ++running_;
  ++hashed_;
  return {};
}

void PasswordHasher::leave() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  left_.notify_one();
}

std::uint64_t PasswordHasher::hashed() const {
  const std::lock_guard lock(mutex_);
  return hashed_;
}

/// One of the kRunningMax places, given back at the end of the scope.
class PasswordHasher::Slot {
 public:
  explicit Slot(PasswordHasher& hasher) : hasher_(&hasher) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { hasher_->leave(); }

 private:
  PasswordHasher* hasher_;
};

Result<std::string> PasswordHasher::hash(std::string_view password) {
  if (password.size() < kPasswordBytesMin || password.size() > kPasswordBytesMax) {
    return fail(ErrorCode::kInvalid, "a password has {} to {} bytes", kPasswordBytesMin, kPasswordBytesMax);
  }
  RETURN_IF_ERROR(enter());
  const Slot slot(*this);
  return argon2_encode(password, random_->bytes(kSaltBytes));
}

Result<bool> PasswordHasher::verify(const std::optional<std::string>& encoded, std::string_view password) {
  if (password.size() > kPasswordBytesMax) return false;
  RETURN_IF_ERROR(enter());
  const Slot slot(*this);
  if (!encoded) {
    // The same work as for a user that exists, so that the time does not tell which names there are.
    RETURN_IF_ERROR(argon2_encode(password, std::string(kSaltBytes, 's')));
    return false;
  }
  const int code = argon2id_verify(encoded->c_str(), password.data(), password.size());
  if (code == ARGON2_OK) return true;
  if (code == ARGON2_VERIFY_MISMATCH) return false;
  return fail(ErrorCode::kCorrupt, "a stored password hash cannot be read: {}", argon2_error_message(code));
}

}  // namespace fairlead::api
