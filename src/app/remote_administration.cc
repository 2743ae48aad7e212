#include "app/remote_administration.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "api/credentials.h"
#include "app/control_client.h"
#include "base/limits.h"

namespace fairlead::app {
namespace {

namespace json = boost::json;

Result<json::object> parse_object(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return fail(ErrorCode::kUnavailable, "the server's answer cannot be read");
  return std::move(value.as_object());
}

/// Empty where the member is absent or no text.
std::string text_member(const json::object& object, std::string_view name) {
  const json::value* const member = object.if_contains(name);
  return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

/// Ids come from a person's hands: anything that is no unreserved character is escaped.
std::string path_segment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       c == '-' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    }
  }
  return out;
}

class RemoteAdministration final : public Administration {
 public:
  explicit RemoteAdministration(const std::filesystem::path& data) : client_(data) {}

  Result<std::string> create_token(store::Role role, const std::string& name) override {
    const json::object body{{"name", name}, {"role", api::to_string(role)}};
    ASSIGN_OR_RETURN(const std::string answer, client_.call("POST", "/api/v1/tokens", json::serialize(body)));
    ASSIGN_OR_RETURN(const json::object token, parse_object(answer));
    return text_member(token, "token");
  }

  Result<std::vector<TokenLine>> tokens() override {
    std::vector<TokenLine> lines;
    std::string cursor;
    do {
      std::string target = fmt::format("/api/v1/tokens?limit={}", limits::kListItemsMax);
      if (!cursor.empty()) target += "&cursor=" + path_segment(cursor);
      ASSIGN_OR_RETURN(const std::string answer, client_.call("GET", target));
      ASSIGN_OR_RETURN(const json::object page, parse_object(answer));
      const json::value* const items = page.if_contains("items");
      if (!items || !items->is_array()) return fail(ErrorCode::kUnavailable, "the server's answer cannot be read");
      for (const json::value& item : items->get_array()) {
        if (!item.is_object()) continue;
        const json::object& token = item.get_object();
        lines.push_back({text_member(token, "id"), text_member(token, "role"), text_member(token, "name"),
                         text_member(token, "created_at"), text_member(token, "revoked_at")});
      }
      cursor = text_member(page, "next_cursor");
    } while (!cursor.empty());
    return lines;
  }

  Status revoke_token(const std::string& id) override {
    RETURN_IF_ERROR(client_.call("DELETE", "/api/v1/tokens/" + path_segment(id)));
    return {};
  }

  Status put_user(const std::string& name, store::Role role, const std::string& password) override {
    const json::object body{{"name", name}, {"role", api::to_string(role)}, {"password", password}};
    RETURN_IF_ERROR(client_.call("POST", "/api/v1/users", json::serialize(body)));
    return {};
  }

  Result<std::vector<UserLine>> users() override {
    ASSIGN_OR_RETURN(const std::string answer, client_.call("GET", "/api/v1/users"));
    ASSIGN_OR_RETURN(const json::object page, parse_object(answer));
    const json::value* const items = page.if_contains("items");
    if (!items || !items->is_array()) return fail(ErrorCode::kUnavailable, "the server's answer cannot be read");
    std::vector<UserLine> lines;
    for (const json::value& item : items->get_array()) {
      if (!item.is_object()) continue;
      const json::object& user = item.get_object();
      lines.push_back({text_member(user, "name"), text_member(user, "role"), text_member(user, "created_at")});
    }
    return lines;
  }

  Status remove_user(const std::string& name) override {
    RETURN_IF_ERROR(client_.call("DELETE", "/api/v1/users/" + path_segment(name)));
    return {};
  }

  Result<ExportReport> export_lines(const Policy&, const std::function<void(std::string_view)>& sink) override {
    RETURN_IF_ERROR(client_.stream("GET", "/api/v1/admin/export", [&sink](std::string_view piece) {
      sink(piece);
      return Status();
    }));
    return ExportReport();
  }

  Result<VerifyReport> verify(const Policy&) override {
    ASSIGN_OR_RETURN(const std::string answer, client_.call("POST", "/api/v1/admin/verify"));
    ASSIGN_OR_RETURN(const json::object found, parse_object(answer));
    const json::value* const ok = found.if_contains("ok");
    const json::value* const rows = found.if_contains("rows");
    if (!ok || !ok->is_bool()) return fail(ErrorCode::kUnavailable, "the server's answer cannot be read");
    if (!ok->get_bool()) return fail(ErrorCode::kCorrupt, "{}", text_member(found, "error"));
    VerifyReport report;
    if (rows && rows->is_number()) report.deliveries = rows->to_number<std::uint64_t>();
    return report;
  }

 private:
  ControlClient client_;
};

}  // namespace

std::unique_ptr<Administration> administer_through_server(const std::filesystem::path& data) {
  return std::make_unique<RemoteAdministration>(data);
}

}  // namespace fairlead::app
