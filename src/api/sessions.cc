#include "api/sessions.h"

#include <utility>

#include "base/hash.h"

namespace fairlead::api {
namespace {

/// So that no other value that may once be derived from an id is the same.
constexpr std::string_view kCsrfPurpose = "fairlead csrf";

}  // namespace

std::string session_key(std::string_view id) {
  const Sha256 digest = sha256(id);
  return to_hex(bytes_of(digest));
}

std::string session_csrf(std::string_view id) {
  const Sha256 mac = hmac_sha256(id, kCsrfPurpose);
  return to_base64url(bytes_of(mac));
}

Sessions::Opened new_session(Random& random, std::string user, store::Role role, Instant now) {
  Sessions::Opened opened;
  opened.id = to_base64url(random.bytes(Sessions::kIdBytes));
  opened.session = {session_key(opened.id), std::move(user), role, session_csrf(opened.id), now};
  return opened;
}

}  // namespace fairlead::api
