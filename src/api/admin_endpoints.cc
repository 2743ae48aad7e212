#include <algorithm>

#include "api/admin_action.h"
#include "api/export_stream.h"
#include "api/json_body.h"
#include "api/json_out.h"
#include "api/operation_endpoints.h"
#include "api/problems.h"
#include "api/read_call.h"
#include "api/session_endpoints.h"
#include "api/user_rules.h"
#include "base/limits.h"
#include "engine/engine.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kNameCharsMax = 100;

Result<std::string> name_of(const json::object& body) {
  const std::string_view name = body.at("name").as_string();
  const bool control = std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (name.empty() || name.size() > kNameCharsMax || control) {
    return fail(ErrorCode::kInvalid, "'name' has 1 to {} characters, none of them a control character", kNameCharsMax);
  }
  return std::string(name);
}

json::value time_or_null(const std::optional<Instant>& at) {
  return at ? json::value(format_time(*at)) : json::value(nullptr);
}

// ---- Tokens ----

json::object token_json(const store::TokenRow& row) {
  return {{"id", row.id},
          {"name", row.name},
          {"role", to_string(row.role)},
          {"created_at", format_time(row.created_at)},
          {"revoked_at", time_or_null(row.revoked_at)}};
}

Result<http::Response> list_tokens(ReadCall& call) {
  static const std::vector<std::string> kColumns{"id", "name", "role", "created_at", "revoked_at"};
  ASSIGN_OR_RETURN(std::vector<store::TokenRow> rows, call.context.engine.journal().tokens());
  std::ranges::sort(rows, {}, &store::TokenRow::id);
  const auto first = std::ranges::upper_bound(rows, call.parameters.cursor, {}, &store::TokenRow::id);
  json::array items;
  std::string next_cursor;
  for (auto row = call.parameters.cursor.empty() ? rows.begin() : first; row != rows.end(); ++row) {
    if (items.size() == call.parameters.limit) {
      next_cursor = std::prev(row)->id;
      break;
    }
    items.push_back(token_json(*row));
  }
  return list_response(call, std::move(items), next_cursor, kColumns);
}

Result<http::Response> create_token(Context& context, const http::Request& request) {
  ASSIGN_OR_RETURN(const json::object body, body_object(request, {"name", "role"}));
  ASSIGN_OR_RETURN(std::string name, name_of(body));
  ASSIGN_OR_RETURN(const store::Role role, parse_role(body.at("role").as_string()));
  const NewToken made = make_token(context.random, role, std::move(name), context.clock.now());
  RETURN_IF_ERROR(audit(context, request, "token.create", made.row.id));
  RETURN_IF_ERROR(context.tokens.put(made.row));
  json::object out = token_json(made.row);
  out["token"] = made.text;  // shown this once
  http::Response response = http::Response::json(201, to_json_text(out));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<http::Response> revoke_token(Context& context, const http::Request& request) {
  const std::string& id = request.path_parameters[0];
  ASSIGN_OR_RETURN(std::optional<store::TokenRow> row, context.engine.journal().token(id));
  if (!row) return fail(ErrorCode::kNotFound, "there is no token with the id '{}'", id);
  if (!row->revoked_at) {
    RETURN_IF_ERROR(audit(context, request, "token.revoke", id));
    row->revoked_at = context.clock.now();
    RETURN_IF_ERROR(context.tokens.put(*row));
    // After this line the token opens nothing; streams that it opened before end, too.
    context.streams.close_of(id);
  }
  return http::Response::no_content();
}

// ---- Users ----

json::object user_json(const store::UserRow& row) {
  return {{"name", row.name}, {"role", to_string(row.role)}, {"created_at", format_time(row.created_at)}};
}

Result<http::Response> list_users(ReadCall& call) {
  ASSIGN_OR_RETURN(const std::vector<store::UserRow> rows, call.context.engine.journal().users());
  json::array items;
  for (const store::UserRow& row : rows) items.push_back(user_json(row));
  static const std::vector<std::string> kColumns{"name", "role", "created_at"};
  return list_response(call, std::move(items), {}, kColumns);
}

Result<http::Response> put_user(Context& context, const http::Request& request) {
  ASSIGN_OR_RETURN(const json::object body, body_object(request, {"name", "role", "password"}));
  store::UserRow row;
  row.name = body.at("name").as_string();
  RETURN_IF_ERROR(check_user_name(row.name));
  ASSIGN_OR_RETURN(row.role, parse_user_role(body.at("role").as_string()));
  ASSIGN_OR_RETURN(row.password_hash, context.passwords.hash(body.at("password").as_string()));
  row.created_at = context.clock.now();
  const std::lock_guard lock(context.user_changes);
  ASSIGN_OR_RETURN(const std::vector<store::UserRow> users, context.engine.journal().users());
  RETURN_IF_ERROR(check_user_change(users, row.name, row.role));
  RETURN_IF_ERROR(audit(context, request, "user.add", row.name));
  RETURN_IF_ERROR(context.engine.journal().put_user(row));
  // After the new row: a login that read the old one looks again and finds it changed.
  end_sessions_of(context, row.name);
  return http::Response::json(201, to_json_text(user_json(row)));
}

Result<http::Response> remove_user(Context& context, const http::Request& request) {
  const std::string& name = request.path_parameters[0];
  const std::lock_guard lock(context.user_changes);
  ASSIGN_OR_RETURN(const std::vector<store::UserRow> users, context.engine.journal().users());
  RETURN_IF_ERROR(check_user_change(users, name, std::nullopt));
  RETURN_IF_ERROR(audit(context, request, "user.remove", name));
  RETURN_IF_ERROR(context.engine.journal().remove_user(name));
  // After the row is gone: a login that still read it looks again and finds nobody.
  end_sessions_of(context, name);
  return http::Response::no_content();
}

// ---- Audit, status, verify, export ----

Result<http::Response> list_audit(ReadCall& call) {
  static const std::vector<std::string> kColumns{"at", "actor", "action", "subject"};
  ASSIGN_OR_RETURN(const std::vector<store::AuditRow> rows, call.context.engine.journal().audit(call.parameters.limit));
  json::array items;
  for (const store::AuditRow& row : rows) {
    items.push_back(json::object{
        {"at", format_time(row.at)}, {"actor", row.actor}, {"action", row.action}, {"subject", row.subject}});
  }
  return list_response(call, std::move(items), {}, kColumns);
}

Result<http::Response> read_status(Context& context, const http::Request&) {
  const engine::EngineStats stats = context.engine.stats();
  const json::object out{{"version", context.options.version},
                         {"at", format_time(context.clock.now())},
                         {"queue_rows", stats.queue_rows},
                         {"queue_bytes", stats.queue_bytes},
                         {"appended", stats.appended},
                         {"duplicates", stats.duplicates},
                         {"conflicts", stats.conflicts},
                         {"refused", stats.refused},
                         {"failed", stats.failed},
                         {"commits", stats.commits},
                         {"last_sequence", stats.last_sequence},
                         {"projected_sequence", stats.projected_sequence},
                         {"dirty_services", stats.dirty_services},
                         {"storage_failed", stats.storage_failed},
                         {"derive_failures", stats.derive_failures},
                         {"derive_error", stats.derive_error}};
  return http::Response::json(200, to_json_text(out));
}

http::Response verify_journal(Context& context) {
  const Result<std::uint64_t> rows = context.engine.journal().verify([](std::uint64_t, std::uint64_t) {});
  if (!rows && rows.error().code != ErrorCode::kCorrupt) return problem_of(rows.error());
  json::object out;
  out["ok"] = rows.has_value();
  out["rows"] = rows ? json::value(*rows) : json::value(nullptr);
  out["error"] = rows ? json::value(nullptr) : json::value(rows.error().message);
  return http::Response::json(200, to_json_text(out));
}

/// Long work: one at a time on a thread of its own, so that a pool thread is not gone for minutes.
void handle_verify(Context& context, const http::Request& request, http::Responder responder) {
  if (const Status audited = audit(context, request, "journal.verify", ""); !audited) {
    return responder(problem_of(audited.error()));
  }
  const auto shared = std::make_shared<http::Responder>(std::move(responder));
  std::function<void()> job = [&context, shared] { (*shared)(verify_journal(context)); };
  if (!context.long_work.post(job)) (*shared)(unavailable("Another export or check is running.", 10));
}

/// Hashes of passwords and tokens are in it: it goes to who could read the files as well, and nobody else.
Result<http::Response> read_backup(Context& context, const http::Request& request) {
  if (!request.local_control) {
    return fail(ErrorCode::kForbidden,
                "backups go over the control socket only: run `fairlead backup` on this machine");
  }
  RETURN_IF_ERROR(audit(context, request, "journal.backup", ""));
  return backup_response(context);
}

}  // namespace

void add_admin_endpoints(Endpoints& endpoints, Context& context) {
  const auto list = [&](std::string pattern, std::string_view id, std::string_view summary,
                        std::vector<std::string_view> names, std::string_view schema, Read read) {
    Endpoint endpoint =
        read_endpoint(context, std::move(pattern), id, "admin", summary, std::move(names),
                      {{200, "The list.", schema}, {200, "The same as CSV.", "", "text/csv"}}, std::move(read));
    endpoint.route.access = http::Access::kAdmin;
    endpoints.push_back(std::move(endpoint));
  };
  list("/api/v1/tokens", "listTokens", "Tokens, without their secrets.", {"limit", "cursor", "format"}, "TokenList",
       list_tokens);
  list("/api/v1/users", "listUsers", "Users.", {"format"}, "UserList", list_users);
  list("/api/v1/audit", "listAudit", "Who did what, newest first.", {"limit", "format"}, "AuditList", list_audit);

  endpoints.push_back(admin_endpoint(context, http::Method::kPost, "/api/v1/tokens", "createToken",
                                     "Makes a token; the answer is the only place that ever shows it.", "NewToken",
                                     {{201, "The token.", "CreatedToken"}}, create_token));
  endpoints.push_back(admin_endpoint(context, http::Method::kDelete, "/api/v1/tokens/{id}", "revokeToken",
                                     "Revokes a token, effective at once; revoking it again changes nothing.", "",
                                     {{204, "Revoked.", ""}, {404, "No such token.", "Problem", http::kProblemType}},
                                     revoke_token));
  endpoints.push_back(admin_endpoint(
      context, http::Method::kPost, "/api/v1/users", "putUser", "Adds a user, or gives one a new role and password.",
      "NewUser", {{201, "The user.", "User"}, {409, "The last admin would be none.", "Problem", http::kProblemType}},
      put_user));
  endpoints.push_back(admin_endpoint(context, http::Method::kDelete, "/api/v1/users/{name}", "removeUser",
                                     "Removes a user; sessions and live streams of that user end at once.", "",
                                     {{204, "Removed.", ""},
                                      {404, "No such user.", "Problem", http::kProblemType},
                                      {409, "The last admin stays.", "Problem", http::kProblemType}},
                                     remove_user));
  endpoints.push_back(admin_endpoint(context, http::Method::kGet, "/api/v1/admin/status", "getStatus",
                                     "Queues, positions and counters of the engine.", "",
                                     {{200, "The state now.", "EngineStatus"}}, read_status));
  Endpoint verify = admin_endpoint(context, http::Method::kPost, "/api/v1/admin/verify", "verifyJournal",
                                   "Compares the checksum of every journal row.", "",
                                   {{200, "What was found.", "Verification"},
                                    {503, "Another check or export is running.", "Problem", http::kProblemType}},
                                   nullptr);
  verify.route.handler = [&context](const http::Request& request, http::Responder responder) {
    handle_verify(context, request, std::move(responder));
  };
  endpoints.push_back(std::move(verify));
  endpoints.push_back(
      admin_endpoint(context, http::Method::kGet, "/api/v1/admin/export", "exportDerived",
                     "All derived state as canonical lines; the last one is their hash.", "",
                     {{200, "Lines of one JSON object each, then `{\"sha256\":\"…\"}`.", "", "text/plain"},
                      {503, "Another export is running.", "Problem", http::kProblemType}},
                     [](Context& its_context, const http::Request& request) -> Result<http::Response> {
                       RETURN_IF_ERROR(audit(its_context, request, "derived.export", ""));
                       return export_response(its_context);
                     }));
  endpoints.push_back(
      admin_endpoint(context, http::Method::kGet, "/api/v1/admin/backup", "backupJournal",
                     "The journal as a backup file (docs/formats.md); over the control socket only.", "",
                     {{200, "The file; its own last bytes say that it is whole.", "", "application/octet-stream"},
                      {503, "Another export or backup is running.", "Problem", http::kProblemType}},
                     read_backup));
}

}  // namespace fairlead::api
