// People who log in, from outside: a real server, its first admin's password, raw requests.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

#include "store/testing/postgres_server.h"
#include "system/harness/connection.h"
#include "system/harness/on_each_store.h"

namespace fairlead::system_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr const char* kSession = "/api/v1/session";

class Login : public OnEachStore {
 protected:
  /// The first admin's password, once the server has made it.
  std::string admin_password(Server& server) const {
    const auto told = [](const std::string& out) { return out.find("admin-password\n") != std::string::npos; };
    EXPECT_TRUE(server.process().wait_for_out(told, Milliseconds(60'000)));
    std::string password;
    std::getline(std::ifstream(data() / "admin-password"), password);
    return password;
  }

  static std::string body(const std::string& name, const std::string& password) {
    return fmt::format(R"({{"name":"{}","password":"{}"}})", name, password);
  }

  /// Raw bytes, so that the test alone decides which Host and which cookies go out.
  static HttpResponse send(std::uint16_t port, std::string_view method, std::string_view target,
                           const std::vector<std::string>& headers, std::string_view content = {}) {
    std::string text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
    for (const std::string& header : headers) text += header + "\r\n";
    if (method != "GET") text += fmt::format("Content-Length: {}\r\n", content.size());
    Connection connection(port);
    connection.send(text + "\r\n" + std::string(content));
    return connection.receive();
  }
  static std::string host(std::uint16_t port) { return fmt::format("Host: localhost:{}", port); }
  static std::string cookie(const HttpResponse& answer) {
    const std::string set = answer.header("set-cookie");
    return "Cookie: " + set.substr(0, set.find(';'));
  }
  static std::string csrf(const HttpResponse& answer) {
    return "X-CSRF-Token: " + std::string(boost::json::parse(answer.body).at("csrf").as_string());
  }

  /// All files in which the store keeps anything.
  std::vector<fs::path> stored_files() const {
    fs::path folder = data();
    if (on_postgres()) {
      store().sql("CHECKPOINT");
      folder = store::PostgresServer::shared().folder();
    }
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && entry.path().filename() != "admin-password") files.push_back(entry.path());
    }
    return files;
  }
};

/// Whether a file holds the text.
bool holds(const fs::path& file, const std::string& text) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  return bytes.find(text) != std::string::npos;
}

TEST_P(Login, the_first_admin_logs_in_changes_something_and_logs_out) {
  Server server = serve();
  const std::uint16_t port = server.port();
  const std::string password = admin_password(server);
  const HttpResponse in = send(port, "POST", kSession, {host(port)}, body("admin", password));
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_THAT(in.header("set-cookie"), HasSubstr("; HttpOnly; SameSite=Strict"));
  const std::string made = R"({"name":"ci","role":"ingest"})";
  EXPECT_EQ(send(port, "POST", "/api/v1/tokens", {host(port), cookie(in)}, made).status, 403);
  const std::vector<std::string> whole{host(port), cookie(in), csrf(in),
                                       fmt::format("Origin: http://localhost:{}", port)};
  EXPECT_EQ(send(port, "POST", "/api/v1/tokens", whole, made).status, 201);
  EXPECT_EQ(send(port, "DELETE", kSession, whole).status, 204);
  EXPECT_EQ(send(port, "GET", kSession, {host(port), cookie(in)}).status, 401);
  EXPECT_EQ(server.stop(), 0);
  // The password was made by the server, so it is a good canary, and so is the session's id.
  for (const std::string& secret : {password, cookie(in).substr(cookie(in).find('=') + 1), csrf(in).substr(14)}) {
    EXPECT_THAT(server.process().out() + server.process().err(), Not(HasSubstr(secret)));
    for (const fs::path& stored : stored_files()) EXPECT_FALSE(holds(stored, secret)) << stored;
  }
  EXPECT_TRUE(std::ranges::any_of(stored_files(), [](const fs::path& stored) {
    return holds(stored, "session.create");
  })) << "this looks where nothing is";
}

/// Sessions of a single server are in its memory alone, those of replicas in their database.
TEST_P(Login, a_restart_of_all_there_is_ends_sessions_and_a_password_from_standard_input_does_so_at_once) {
  std::string before;
  {
    Server server = serve();
    const HttpResponse in =
        send(server.port(), "POST", kSession, {"Host: localhost"}, body("admin", admin_password(server)));
    ASSERT_EQ(in.status, 200) << in.body;
    before = cookie(in);
    EXPECT_EQ(send(server.port(), "GET", kSession, {"Host: localhost", before}).status, 200);
    EXPECT_EQ(server.stop(), 0);
  }
  Server server = serve();
  EXPECT_EQ(send(server.port(), "GET", kSession, {"Host: localhost", before}).status, on_postgres() ? 200 : 401);
  const auto add_user = [&](const std::string& password) {
    const Finished added =
        run(on_store({"/bin/sh", "-c", R"(p=$1; shift; printf '%s\n' "$p" | "$0" user add ann --role viewer "$@")",
                      fairlead_binary(), password, "--data", data().string()}));
    EXPECT_EQ(added.code, 0) << added.err;
  };
  add_user("first horse");
  const HttpResponse ann = send(server.port(), "POST", kSession, {"Host: localhost"}, body("ann", "first horse"));
  ASSERT_EQ(ann.status, 200) << ann.body;
  add_user("second horse");
  EXPECT_EQ(send(server.port(), "GET", kSession, {"Host: localhost", cookie(ann)}).status, 401);
}

TEST_P(Login, behind_a_trusted_proxy_that_says_https_the_cookie_has_the_host_prefix) {
  std::ofstream(file("fairlead.yaml")) << "trusted_proxies: [127.0.0.1]\n";
  Server server = serve({"--config", file("fairlead.yaml").string()});
  const std::string login = body("admin", admin_password(server));
  const std::vector<std::string> forwarded{"Host: fairlead.example", "X-Forwarded-For: 203.0.113.5",
                                           "X-Forwarded-Proto: https"};
  const HttpResponse in = send(server.port(), "POST", kSession, forwarded, login);
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_THAT(in.header("set-cookie"), ::testing::StartsWith("__Host-fairlead="));
  EXPECT_THAT(in.header("set-cookie"), HasSubstr("; Secure"));
  std::vector<std::string> with_cookie = forwarded;
  with_cookie.push_back(cookie(in));
  EXPECT_EQ(send(server.port(), "GET", kSession, with_cookie).status, 200);
  with_cookie[2] = "X-Forwarded-Proto: http";
  EXPECT_EQ(send(server.port(), "GET", kSession, with_cookie).status, 401);
  EXPECT_EQ(send(server.port(), "POST", kSession, {"Host: fairlead.example"}, login).status, 403);
}

TEST_P(Login, a_body_that_is_too_large_is_refused_unread_and_wrong_passwords_leave_memory_flat) {
  Server server = serve();
  const std::uint16_t port = server.port();
  static_cast<void>(admin_password(server));
  {
    Connection connection(port);
    connection.send(fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16385\r\n\r\n", kSession));
    EXPECT_EQ(connection.receive().status, 413);
  }
  const auto wrong = [&](int i) {
    return send(port, "POST", kSession, {"Host: localhost"}, body(fmt::format("n{}", i), "wrong horse")).status;
  };
  for (int i = 0; i < 30; ++i) wrong(i);  // the hash's memory and the threads' are there now
  const std::size_t before = server.process().resident_kib();
  for (int i = 0; i < 1'000; ++i) ASSERT_THAT(wrong(i), ::testing::AnyOf(401, 429)) << i;
  EXPECT_LT(server.process().resident_kib(), before + 8 * 1024);
}

INSTANTIATE_TEST_SUITE_P(On, Login, kEachStore, store_name);

}  // namespace
}  // namespace fairlead::system_test
