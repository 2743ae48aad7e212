#include "api/session_endpoints.h"

#include <memory>
#include <string>
#include <utility>

#include "api/json_body.h"
#include "api/json_out.h"
#include "api/problems.h"
#include "api/session_cookie.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

/// A name and a password at their longest, every character escaped.
constexpr std::size_t kLoginBodyBytesMax = 16 * 1024;
constexpr std::string_view kNobody = "a name that is no user's";

/// One attempt to log in. It holds a password: nothing of it goes anywhere but to the hash.
struct Login {
  std::string name;
  std::string password;
  std::string address;
  std::string cookie_name;
  std::string former_id;  ///< The session that this one takes the place of; empty: none.
  bool secure = false;
};

http::Response session_response(std::string_view name, store::Role role, bool anonymous, const Session* session) {
  json::object out{{"name", name}, {"role", to_string(role)}, {"anonymous", anonymous}};
  out["csrf"] = session != nullptr ? json::value(session->csrf) : json::value(nullptr);
  http::Response response = http::Response::json(200, to_json_text(out));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response wrong_login() {
  return http::problem(401, "Unauthorized", "The name or the password is wrong.");
}

Status audit(Context& context, std::string_view actor, std::string_view action, std::string_view subject) {
  return context.engine.journal().append_audit(
      {context.clock.now(), std::string(actor), std::string(action), std::string(subject)});
}

Status end_session(Context& context, std::string_view key) {
  RETURN_IF_ERROR(context.sessions.end(key));
  context.streams.close_of(key);
  return {};
}

/// The user whose password this is, or nothing. The same work whether there is such a user or not.
Result<std::optional<store::UserRow>> verified_user(Context& context, const Login& login) {
  ASSIGN_OR_RETURN(std::optional<store::UserRow> row, context.engine.journal().user(login.name));
  ASSIGN_OR_RETURN(const bool right,
                   context.passwords.verify(row ? std::optional(row->password_hash) : std::nullopt, login.password));
  if (right) return row;
  if (context.logins.note_wrong()) {
    // Who mistypes may have typed a password where the name belongs.
    const std::string subject = row ? row->name : std::string(kNobody);
    RETURN_IF_ERROR(audit(context, kAnonymousActor, "session.refuse", subject + " from " + login.address));
  }
  return std::nullopt;
}

Result<http::Response> log_in(Context& context, const Login& login) {
  ASSIGN_OR_RETURN(const std::optional<store::UserRow> user, verified_user(context, login));
  if (!user) return wrong_login();
  context.logins.forgive(login.address, login.name);
  RETURN_IF_ERROR(audit(context, std::string(kUserPrefix) + user->name, "session.create", "from " + login.address));
  ASSIGN_OR_RETURN(const Sessions::Opened opened, context.sessions.open(user->name, user->role));
  // Whoever changes a user writes the row and then ends the sessions. So either the row is the same here, or this
  // session was opened with what is no longer right, or it is ended after this line.
  const auto now = context.engine.journal().user(login.name);
  const bool unchanged = now && *now && (*now)->password_hash == user->password_hash && (*now)->role == user->role;
  if (!unchanged) {
    RETURN_IF_ERROR(end_session(context, opened.session.key));
    if (!now) return std::unexpected(now.error());
    return wrong_login();
  }
  if (!login.former_id.empty()) {
    ASSIGN_OR_RETURN(const auto former, context.sessions.use(login.former_id));
    if (former) RETURN_IF_ERROR(end_session(context, former->key));
  }
  http::Response response = session_response(user->name, user->role, false, &opened.session);
  response.headers.emplace_back(
      "Set-Cookie", session_cookie(login.cookie_name, opened.id, login.secure, context.options.sessions.lifetime));
  return response;
}

http::Response too_many_logins() {
  http::Response response = http::problem(
      429, "Too Many Requests", "Too many wrong passwords came from this address or for this name. Wait a moment.");
  response.headers.emplace_back("Retry-After", std::to_string(FailureLimiter::kRefill.ms / 1000));
  return response;
}

/// What can be said without looking at the body: nothing where the login may go on.
std::optional<http::Response> refuse_login(const http::Request& request) {
  if (!request.query.empty()) {
    return http::problem(400, "Bad Request",
                         fmt::format("unknown parameter '{}': this takes none", request.query[0].first));
  }
  if (!session_cookie_name(request)) {
    return http::problem(403, "Forbidden",
                         "A password is taken over https, or on this machine itself under a name such as "
                         "http://localhost, so that nobody on the way can read it.");
  }
  if (from_other_origin(request)) {
    return http::problem(403, "Forbidden", "A login is taken from this server's own page only.");
  }
  return std::nullopt;
}

void handle_login(Context& context, const http::Request& request, http::Responder responder) {
  if (auto refused = refuse_login(request)) return responder(*std::move(refused));
  Result<json::object> body = body_object(request, {"name", "password"});
  if (!body) return responder(problem_of(body.error()));
  Login login{std::string(body->at("name").as_string()),
              std::string(body->at("password").as_string()),
              request.remote_address,
              *session_cookie_name(request),
              std::string(session_id_of(request).value_or("")),
              request.secure};
  if (!context.logins.admit(login.address, login.name)) return responder(too_many_logins());

  struct Attempt {
    Login login;
    http::Responder responder;
  };
  const auto attempt = std::make_shared<Attempt>(std::move(login), std::move(responder));
  std::function<void()> job = [&context, attempt] {
    Result<http::Response> response = log_in(context, attempt->login);
    attempt->responder(response ? *std::move(response) : problem_of(response.error()));
  };
  if (context.logins.post(job)) return;
  context.logins.forgive(attempt->login.address, attempt->login.name);
  attempt->responder(unavailable("Too many passwords are being checked at once.", 1));
}

/// Who the authorizer found the request to come from.
void handle_who(Context& context, const http::Request& request, http::Responder responder) {
  const Result<store::Role> role = parse_role(request.header(kRoleHeader).value_or(""));
  if (!role) return responder(problem_of(role.error()));
  const std::string_view actor = actor_of(request);
  const auto id = session_id_of(request);
  if (request.header(kSessionHeader) && id) {
    const auto used = context.sessions.use(*id);
    if (!used) return responder(problem_of(used.error()));
    const std::optional<Session>& session = *used;
    // Ended since the authorizer saw it.
    if (!session) return responder(http::problem(401, "Unauthorized", "The session has ended. Log in again."));
    return responder(session_response(session->user, session->role, false, &*session));
  }
  const TokenCache::Row token = context.tokens.cached(actor);
  responder(session_response(token ? std::string_view(token->name) : actor, *role, actor == kAnonymousActor, nullptr));
}

Result<http::Response> log_out(Context& context, const http::Request& request) {
  http::Response response = http::Response::no_content();
  const auto key = request.header(kSessionHeader);
  if (!key) return response;
  RETURN_IF_ERROR(audit(context, actor_of(request), "session.end", ""));
  RETURN_IF_ERROR(end_session(context, *key));
  if (const auto name = session_cookie_name(request)) {
    response.headers.emplace_back("Set-Cookie", session_cookie(*name, "", request.secure, Duration{}));
  }
  return response;
}

}  // namespace

void end_sessions_of(Context& context, std::string_view user) {
  for (const std::string& key : context.sessions.end_all_of(user)) context.streams.close_of(key);
}

void add_session_endpoints(Endpoints& endpoints, Context& context) {
  constexpr std::string_view kPattern = "/api/v1/session";
  endpoints.push_back(
      {{http::Method::kPost, std::string(kPattern), http::Access::kOpen, http::RunOn::kConnection, kLoginBodyBytesMax,
        [&context](const http::Request& request, http::Responder responder) {
          handle_login(context, request, std::move(responder));
        }},
       "logIn",
       "session",
       "Opens a session: sets its cookie and answers with the token that unsafe requests must repeat in X-CSRF-Token.",
       {},
       "NewSession",
       {"application/json"},
       {{200, "Logged in.", "Session"},
        {401, "The name or the password is wrong.", "Problem", http::kProblemType},
        {403, "Neither https nor this machine, or a page of another origin.", "Problem", http::kProblemType},
        {429, "Too many wrong passwords: come back after Retry-After.", "Problem", http::kProblemType},
        {503, "Too many logins at once: come back after Retry-After.", "Problem", http::kProblemType}}});
  endpoints.push_back(
      {{http::Method::kGet, std::string(kPattern), http::Access::kViewer, http::RunOn::kConnection, kLoginBodyBytesMax,
        [&context](const http::Request& request, http::Responder responder) {
          handle_who(context, request, std::move(responder));
        }},
       "getSession",
       "session",
       "Who the request comes from, and what that one may do.",
       {},
       {},
       {},
       {{200, "This one.", "Session"}}});
  endpoints.push_back(
      {{http::Method::kDelete, std::string(kPattern), http::Access::kViewer, http::RunOn::kPool, kLoginBodyBytesMax,
        [&context](const http::Request& request, http::Responder responder) {
          Result<http::Response> response = log_out(context, request);
          responder(response ? *std::move(response) : problem_of(response.error()));
        }},
       "logOut",
       "session",
       "Ends the session and the live streams that it opened.",
       {},
       {},
       {},
       {{204, "Logged out.", ""}}});
}

}  // namespace fairlead::api
