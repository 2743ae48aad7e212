#pragma once

#include <string>
#include <utility>

#include "api/testing/api_world.h"

namespace fairlead::api {

inline constexpr const char* kPassword = "correct horse";

/// A user with kPassword.
inline void add_user(ApiWorld& world, const std::string& name, store::Role role,
                     const std::string& password = kPassword) {
  const Answer made =
      world.local(http::Method::kPost, "/api/v1/users",
                  fmt::format(R"({{"name":"{}","role":"{}","password":"{}"}})", name, to_string(role), password));
  EXPECT_EQ(made.status, 201) << made.body;
}

inline std::string login_body(const std::string& name, const std::string& password = kPassword) {
  return fmt::format(R"({{"name":"{}","password":"{}"}})", name, password);
}

inline std::vector<store::AuditRow> audit_of(ApiWorld& world) {
  return world.engine->journal().audit(1'000).value();
}

/// A browser on one page of one origin, with its cookies.
class SessionClient {
 public:
  explicit SessionClient(ApiWorld& world, std::string host = "localhost:8080", bool secure = false)
      : world_(&world), host_(std::move(host)), secure_(secure) {}

  std::string origin() const { return (secure_ ? "https://" : "http://") + host_; }

  Call request(http::Method method, std::string target, std::string body = {}) const {
    Call call{method, std::move(target), {{"host", host_}}, std::move(body)};
    call.remote_address = address;
    call.secure = secure_;
    if (!cookie.empty()) call.headers.emplace_back("cookie", cookie);
    if (method == http::Method::kGet) return call;
    call.headers.emplace_back("origin", origin());
    if (!csrf.empty()) call.headers.emplace_back("x-csrf-token", csrf);
    return call;
  }
  Answer send(http::Method method, std::string target, std::string body = {}) {
    return world_->call(request(method, std::move(target), std::move(body)));
  }
  Answer get(std::string target) { return send(http::Method::kGet, std::move(target)); }

  Answer log_in(const std::string& name, const std::string& password = kPassword) {
    Answer answer = send(http::Method::kPost, "/api/v1/session", login_body(name, password));
    if (answer.status == 200) {
      const std::string set = answer.header("Set-Cookie");
      cookie = set.substr(0, set.find(';'));
      csrf = std::string(answer.json().at("csrf").as_string());
    }
    return answer;
  }

  std::string address = "127.0.0.1";
  std::string cookie;  ///< `NAME=ID`, as the browser sends it.
  std::string csrf;

 private:
  ApiWorld* world_;
  std::string host_;
  bool secure_;
};

}  // namespace fairlead::api
