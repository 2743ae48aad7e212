#pragma once

#include <atomic>
#include <optional>
#include <string_view>
#include <vector>

#include "api/failure_limiter.h"
#include "api/options.h"
#include "api/sessions.h"
#include "api/token_cache.h"
#include "http/router.h"

namespace fairlead::api {

/// Request headers that the authorizer adds; the server removes any of these names that come from outside.
inline constexpr std::string_view kActorHeader = "fairlead-actor";  ///< Token id, `user:NAME`, `anonymous` or `local`.
inline constexpr std::string_view kRoleHeader = "fairlead-role";    ///< Absent on open routes without a credential.
inline constexpr std::string_view kSessionHeader = "fairlead-session";  ///< The session's key, where there is one.
inline constexpr std::string_view kAnonymousActor = "anonymous";
inline constexpr std::string_view kLocalActor = "local";
/// Before a user's name, so that no name is taken for a token or for one of the words above.
inline constexpr std::string_view kUserPrefix = "user:";

/// Who sent the request, as the authorizer found out.
std::string_view actor_of(const http::Request& request);

/// Decides for every route who may use it (invariant I8): a bearer token, a session's cookie, the control socket
/// (admin), or nobody in particular where the configuration lets anonymous requests in. Runs on connection threads.
///
/// A refusal looks the same for an unknown, a revoked and a wrong token, and too many of them from one address are
/// answered 429. A token that is known and right is never held up by that limit.
///
/// A browser sends its cookie along whoever asks it to, so a session counts only for requests from pages of this
/// origin, and what changes something must repeat the session's CSRF token, which no other page can read.
class Authorizer {
 public:
  Authorizer(TokenCache& tokens, Sessions& sessions, const ApiOptions& options, const Clock& clock)
      : tokens_(&tokens), sessions_(&sessions), options_(&options), limiter_(clock) {}

  std::optional<http::Response> operator()(http::Request& request, const http::Route& route);

  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  std::optional<http::Response> check_token(http::Request& request, const http::Route& route, std::string_view token);
  static std::optional<http::Response> check_session(http::Request& request, const http::Route& route,
                                                     const Session& session);
  std::optional<http::Response> check_anonymous(http::Request& request, const http::Route& route) const;
  http::Response too_many();

  TokenCache* const tokens_;
  Sessions* const sessions_;
  const ApiOptions* const options_;
  FailureLimiter limiter_;
  std::atomic<std::uint64_t> failures_ = 0;
};

/// `localhost`, `*.localhost`, `127.…`, `::1`, each with or without a port: what a browser on this machine calls us. A
/// page elsewhere that points its own name at 127.0.0.1 (DNS rebinding) sends that name.
bool loopback_host(std::string_view host);
/// The host of a Host header, without the port and the brackets, in lower case.
std::string host_name(std::string_view host);

}  // namespace fairlead::api
