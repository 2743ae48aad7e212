#include "api/authorizer.h"

#include <algorithm>
#include <array>

#include "api/credentials.h"
#include "api/problems.h"
#include "api/session_cookie.h"
#include "base/hash.h"

namespace fairlead::api {
namespace {

http::Response unauthorized(std::string_view detail) {
  http::Response response = http::problem(401, "Unauthorized", detail);
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"fairlead\"");
  return response;
}

std::optional<std::string_view> bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != kScheme[i]) return std::nullopt;
  }
  std::string_view token = authorization.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  return token;
}

http::Response tokens_unreadable() {
  return unavailable("Tokens cannot be read at the moment.", 1);
}

void introduce(http::Request& request, std::string_view actor, store::Role role) {
  request.headers.emplace_back(kActorHeader, actor);
  request.headers.emplace_back(kRoleHeader, to_string(role));
}

constexpr std::array<std::string_view, 6> kForwardingFields{"forwarded",         "x-forwarded-for", "x-forwarded-host",
                                                            "x-forwarded-proto", "x-real-ip",       "via"};

bool loopback_address(std::string_view address) {
  return address == "::1" || limiter_key(address).starts_with("127.");
}

bool changes_something(http::Method method) {
  return method != http::Method::kGet && method != http::Method::kHead && method != http::Method::kOptions;
}

/// A proxy on this machine makes everybody's requests look local; most say that they did.
bool forwarded(const http::Request& request) {
  return std::ranges::any_of(kForwardingFields,
                             [&](std::string_view field) { return request.header(field).has_value(); });
}

}  // namespace

std::string_view actor_of(const http::Request& request) {
  return request.header(kActorHeader).value_or(kAnonymousActor);
}

std::optional<http::Response> Authorizer::operator()(http::Request& request, const http::Route& route) {
  if (request.local_control) {
    introduce(request, kLocalActor, store::Role::kAdmin);
    return std::nullopt;
  }
  if (route.access == http::Access::kOpen || route.access == http::Access::kHook) return std::nullopt;
  const auto authorization = request.header("authorization");
  if (!authorization) {
    const auto id = session_id_of(request);
    const auto used = id ? sessions_->use(*id) : std::nullopt;
    if (!used) return problem_of(used.error());
    const std::optional<Session>& session = *used;
    return session ? check_session(request, route, *session) : check_anonymous(request, route);
  }
  const auto token = bearer(*authorization);
  if (!token) return unauthorized("Only `Authorization: Bearer fl_…` is understood.");
  return check_token(request, route, *token);
}

std::optional<http::Response> Authorizer::check_token(http::Request& request, const http::Route& route,
                                                      std::string_view token) {
  const auto id = token_id(token);
  TokenCache::Row row = id ? tokens_->cached(*id) : nullptr;
  const std::string hash = hash_token(token);
  if (!row || !equal_constant_time(row->secret_hash, hash)) {
    // Right or wrong, nobody can tell: that is no failure of the client's.
    if (!row && id && tokens_->store_away()) return tokens_unreadable();
    // The limit comes before the look-up in the journal, so that guessing cannot be used to load the disk.
    if (!limiter_.note(request.remote_address)) return too_many();
    if (!id || row) {
      failures_.fetch_add(1, std::memory_order_relaxed);
      return unauthorized("The token is unknown or was revoked.");
    }
    Result<TokenCache::Row> fetched = tokens_->fetch(*id);
    if (!fetched) return tokens_unreadable();
    row = *std::move(fetched);
    if (!row || !equal_constant_time(row->secret_hash, hash)) {
      failures_.fetch_add(1, std::memory_order_relaxed);
      return unauthorized("The token is unknown or was revoked.");
    }
  }
  if (!allows(row->role, route.access)) {
    return http::problem(
        403, "Forbidden",
        fmt::format("This needs the role {}; the token's is {}.", http::to_string(route.access), to_string(row->role)));
  }
  introduce(request, row->id, row->role);
  return std::nullopt;
}

std::optional<http::Response> Authorizer::check_session(http::Request& request, const http::Route& route,
                                                        const Session& session) {
  if (from_other_origin(request)) {
    return http::problem(403, "Forbidden", "A session answers only to this server's own pages.");
  }
  if (changes_something(request.method)) {
    if (!from_same_origin(request)) {
      return http::problem(403, "Forbidden",
                           "With a session this needs an Origin that is this server's, as browsers send it.");
    }
    if (!equal_constant_time(request.header("x-csrf-token").value_or(""), session.csrf)) {
      return http::problem(403, "Forbidden",
                           "With a session this needs the header X-CSRF-Token with the `csrf` of GET /api/v1/session.");
    }
  }
  if (!allows(session.role, route.access)) {
    return http::problem(
        403, "Forbidden",
        fmt::format("This needs the role {}; yours is {}.", http::to_string(route.access), to_string(session.role)));
  }
  introduce(request, std::string(kUserPrefix) + session.user, session.role);
  request.headers.emplace_back(kSessionHeader, session.key);
  return std::nullopt;
}

std::optional<http::Response> Authorizer::check_anonymous(http::Request& request, const http::Route& route) const {
  constexpr std::string_view kLogin =
      "Log in, or send a token: `Authorization: Bearer fl_…` (`fairlead token create` makes one).";
  if (options_->anonymous == AnonymousAccess::kNone) return unauthorized(kLogin);
  const store::Role role =
      options_->anonymous == AnonymousAccess::kOperator ? store::Role::kOperator : store::Role::kViewer;
  const std::string_view host = request.header("host").value_or("");
  const bool local = loopback_host(host) && loopback_address(request.remote_address) && !forwarded(request);
  const bool named = role == store::Role::kViewer &&
                     std::ranges::find(options_->anonymous_hosts, host_name(host)) != options_->anonymous_hosts.end();
  if (!local && !named) {
    return unauthorized(
        "Without a token this answers only on this machine, under a loopback name such as http://127.0.0.1 or "
        "http://localhost.");
  }
  if (from_other_origin(request)) {
    return http::problem(403, "Forbidden", "Without a token, pages of another origin are refused.");
  }
  if (!allows(role, route.access)) return unauthorized(kLogin);
  introduce(request, kAnonymousActor, role);
  return std::nullopt;
}

http::Response Authorizer::too_many() {
  failures_.fetch_add(1, std::memory_order_relaxed);
  http::Response response =
      http::problem(429, "Too Many Requests", "Too many requests with a wrong token came from this address.");
  response.headers.emplace_back("Retry-After", std::to_string(FailureLimiter::kRefill.ms / 1000));
  return response;
}

bool loopback_host(std::string_view host) {
  const std::string name = host_name(host);
  if (name == "localhost" || name.ends_with(".localhost") || name == "::1") return true;
  // `127.evil.example` is a name like any other, so only digits and dots may follow.
  return name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string::npos;
}

std::string host_name(std::string_view host) {
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  std::string name(host);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace fairlead::api
