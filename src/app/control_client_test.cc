#include "app/control_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "app/testing/child.h"

namespace fairlead::app {
namespace {

using ::testing::HasSubstr;

/// Listens in a data folder's place, takes one request and answers with fixed bytes, whatever was asked.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_.path() / "control.sock").native().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    thread_ = std::thread([this] { serve(); });
  }

  /// The request that came.
  const std::string& request() {
    if (thread_.joinable()) thread_.join();
    return request_;
  }

  ~OneAnswer() {
    request();
    close(listener_);
  }

  ControlClient client() const { return ControlClient(folder_.path()); }

 private:
  void serve() {
    const int peer = accept(listener_, nullptr, nullptr);
    std::array<char, 4096> bytes{};
    while (request_.find("\r\n\r\n") == std::string::npos) {
      const ssize_t size = read(peer, bytes.data(), bytes.size());
      if (size <= 0) break;
      request_.append(bytes.data(), static_cast<std::size_t>(size));
    }
    for (std::size_t sent = 0; sent < answer_.size();) {
      const ssize_t size = send(peer, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
      if (size <= 0) break;
      sent += static_cast<std::size_t>(size);
    }
    close(peer);
  }

  testing::TempFolder folder_;
  std::string answer_;
  std::string request_;
  int listener_ = -1;
  std::thread thread_;
};

TEST(ControlClient, asks_once_and_says_that_it_will_not_ask_again) {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(server.client().call("POST", "/api/v1/tokens", "{\"a\":1}").value(), "{}");
  EXPECT_EQ(server.request(),
            "POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
}

TEST(ControlClient, a_request_without_a_body_has_no_length) {
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(server.client().call("DELETE", "/x").value(), "");
  EXPECT_EQ(server.request(), "DELETE /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

struct Answer {
  std::string_view bytes;
  std::string_view body;
};

TEST(ControlClient, every_framing_of_an_answer_is_read) {
  constexpr Answer kAnswers[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"},
      {"HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello, and more", "hello"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"HTTP/1.1 200 OK\r\n\r\nto the end", "to the end"},
      {"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", ""},
  };
  for (const auto& [bytes, body] : kAnswers) {
    OneAnswer server{std::string(bytes)};
    const auto answer = server.client().call("GET", "/");
    ASSERT_TRUE(answer) << bytes;
    EXPECT_EQ(*answer, body);
  }
}

TEST(ControlClient, an_answer_that_ends_early_is_an_error) {
  for (const std::string_view bytes :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhel\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "\n\n"}) {
    OneAnswer server{std::string(bytes)};
    const auto answer = server.client().call("GET", "/");
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  }
}

TEST(ControlClient, a_head_without_an_end_is_given_up) {
  OneAnswer server("HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'x'));
  EXPECT_FALSE(server.client().call("GET", "/"));
}

TEST(ControlClient, a_problem_says_what_its_detail_says) {
  OneAnswer server(
      "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\n\r\n"
      R"({"title":"Not Found","detail":"there is no token"})");
  const auto answer = server.client().call("GET", "/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(answer.error().message, "there is no token");
}

TEST(ControlClient, nobody_at_the_socket_is_unavailable) {
  const testing::TempFolder folder;
  const auto answer = ControlClient(folder.path()).call("GET", "/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr(folder.path().string()));
}

}  // namespace
}  // namespace fairlead::app
