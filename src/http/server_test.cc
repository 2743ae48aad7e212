// A live server and clients on loopback: what a handler gets, what a client gets, and in which order.
#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>

#include "http/content_coding.h"
#include "http/testing/test_server.h"

namespace fairlead::http::testing {
namespace {

TEST(Server, every_answer_has_a_date_an_id_and_the_security_headers_and_no_server_version) {
  const TestServer server;
  RawClient client = server.client();
  for (const char* target : {"/probe", "/nothing", "/throw"}) {
    client.send(get(target));
    const auto answer = client.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(answer->header("fairlead-request-id").size(), 13u);
    EXPECT_EQ(answer->header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer->header("referrer-policy"), "no-referrer");
    EXPECT_NE(answer->header("content-security-policy").find("frame-ancestors 'none'"), std::string_view::npos);
    EXPECT_EQ(answer->header("server"), "");
  }
}

TEST(Server, problems_name_the_request_id_that_the_header_names) {
  const TestServer server;
  RawClient client = server.client();
  client.send(get("/nothing"));
  const auto answer = client.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("content-type"), kProblemType);
  const std::string id(answer->header("fairlead-request-id"));
  EXPECT_NE(answer->body.find(R"("request_id":")" + id + "\""), std::string::npos) << answer->body;
}

TEST(Server, a_thousand_pipelined_requests_are_answered_in_order) {
  const TestServer server;
  RawClient client = server.client();
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    // Some are answered at once, some by the pool; the order stays.
    requests += i % 10 == 0 ? post("/pool-echo", std::to_string(i)) : get("/items/" + std::to_string(i));
  }
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 1000; ++i) {
    const auto answer = client.answer();
    ASSERT_TRUE(answer) << i;
    ASSERT_EQ(answer->body, std::to_string(i));
  }
}

TEST(Server, answers_given_in_another_order_reach_their_own_requests) {
  TestServer server;
  RawClient first = server.client();
  RawClient second = server.client();
  first.send(get("/hold?n=1"));
  auto held_first = server.held.take();
  second.send(get("/hold?n=2"));
  auto held_second = server.held.take();
  held_second.second(Response::text(200, "two"));
  EXPECT_EQ(second.answer()->body, "two");
  held_first.second(Response::text(200, "one"));
  EXPECT_EQ(first.answer()->body, "one");
}

TEST(Server, gathered_answers_are_not_kept_back_by_a_request_that_takes_its_time) {
  TestServer server;
  RawClient client = server.client();
  client.send(get("/probe") + get("/hold") + get("/probe"));
  auto held = server.held.take();
  EXPECT_EQ(client.answer()->body, "ok");
  held.second(Response::text(200, "late"));
  EXPECT_EQ(client.answer()->body, "late");
  EXPECT_EQ(client.answer()->body, "ok");
}

TEST(Server, gathered_answers_are_not_kept_back_by_half_a_request) {
  const TestServer server;
  RawClient client = server.client();
  client.send(get("/probe") + "GET /pro");
  EXPECT_EQ(client.answer()->body, "ok");
  client.send("be HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.answer()->body, "ok");
}

TEST(Server, head_has_the_length_of_get_and_no_body) {
  const TestServer server;
  RawClient client = server.client();
  client.send("HEAD /text/5000 HTTP/1.1\r\nHost: x\r\n\r\n" + get("/probe"));
  const auto answer = client.answer(true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("content-length"), "5000");
  EXPECT_EQ(client.answer()->body, "ok");
}

TEST(Server, continue_is_said_once_when_the_client_waits_for_it) {
  const TestServer server;
  RawClient client = server.client();
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  const auto interim = client.head();
  ASSERT_TRUE(interim);
  EXPECT_EQ(interim->status, 100);
  client.send("hello");
  EXPECT_EQ(client.answer()->body, "hello");
  EXPECT_EQ(client.interim_answers, 0);
}

TEST(Server, large_bodies_go_both_ways_whole) {
  const TestServer server;
  std::string body(TestServer::kEchoBytesMax, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  RawClient client = server.client();
  ASSERT_TRUE(client.send(post("/echo", body)));
  EXPECT_EQ(client.answer()->body, body);
  ASSERT_TRUE(client.send(post("/echo", body + "x")));
  EXPECT_EQ(client.answer()->status, 413);
  EXPECT_TRUE(client.closed());
}

TEST(Server, a_body_of_26_MiB_is_answered_with_413_that_the_client_can_read) {
  const TestServer server;
  RawClient client = server.client();
  client.send(post("/echo", std::string(26u << 20, 'x')));
  const auto answer = client.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
}

TEST(Server, chunked_bodies_larger_than_the_buffer_are_put_together) {
  const TestServer server;
  std::string expected;
  std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 300; ++i) {
    const std::string piece(1000 + static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    expected += piece;
    request += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }
  RawClient client = server.client();
  ASSERT_TRUE(client.send(request + "0\r\n\r\n"));
  EXPECT_EQ(client.answer()->body, expected);
}

TEST(Server, compressed_bodies_are_inflated_and_hooks_still_see_the_wire) {
  const TestServer server;
  const std::string text(20'000, 'a');
  const std::string compressed = gzip(text);
  RawClient client = server.client();
  client.send(post("/echo", compressed, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.answer()->body, text);
  client.send(post("/wire", compressed, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.answer()->body, compressed);
}

TEST(Server, a_large_compressed_body_is_inflated_off_the_connections_thread_and_answered_all_the_same) {
  const TestServer server;
  std::string text;
  for (int i = 0; text.size() < 500'000; ++i) text += std::to_string(i * 7919);
  RawClient client = server.client();
  ASSERT_TRUE(client.send(post("/echo", gzip(text), "Content-Encoding: gzip\r\n")));
  EXPECT_EQ(client.answer()->body, text);
}

TEST(Server, a_gzip_bomb_is_413_and_the_connection_goes_on) {
  const TestServer server;
  RawClient client = server.client();
  client.send(post("/echo", gzip(std::string(100'000'000, '\0')), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.answer()->status, 413);
  client.send(get("/probe"));
  EXPECT_EQ(client.answer()->body, "ok");
}

TEST(Server, answers_are_compressed_for_who_accepts_it) {
  const TestServer server;
  RawClient client = server.client();
  client.send(get("/text/5000", "Accept-Encoding: gzip, br\r\n"));
  const auto compressed = client.answer();
  ASSERT_TRUE(compressed);
  EXPECT_EQ(compressed->header("content-encoding"), "gzip");
  EXPECT_EQ(inflate_body(compressed->body, ContentCoding::kGzip, 5000), std::string(5000, 'a'));
  client.send(get("/text/5000"));
  EXPECT_EQ(client.answer()->body, std::string(5000, 'a'));
}

TEST(Server, headers_of_ours_from_outside_are_removed_except_the_one_for_clients) {
  const TestServer server;
  RawClient client = server.client();
  client.send(get("/seen", "Fairlead-Role: admin\r\nfairlead-request-id: forged\r\nFAIRLEAD-After: 17\r\n"));
  const auto answer = client.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.find("fairlead-role"), std::string::npos);
  EXPECT_EQ(answer->body.find("forged"), std::string::npos);
  EXPECT_NE(answer->body.find("header fairlead-after=17"), std::string::npos);
  EXPECT_NE(answer->header("fairlead-request-id"), "forged");
}

TEST(Server, the_word_of_a_proxy_counts_only_if_it_is_trusted) {
  const std::string fields =
      "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nFairlead-Request-Id: from-the-proxy\r\n";
  const TestServer strict;
  RawClient stranger = strict.client();
  stranger.send(get("/seen", fields));
  const auto unmoved = stranger.answer();
  ASSERT_TRUE(unmoved);
  EXPECT_NE(unmoved->body.find("address=127.0.0.1\nsecure=no"), std::string::npos) << unmoved->body;

  const TestServer trusting({.trusted_proxies = {"127.0.0.0/8"}});
  RawClient proxy = trusting.client();
  proxy.send(get("/seen", fields));
  const auto moved = proxy.answer();
  ASSERT_TRUE(moved);
  EXPECT_NE(moved->body.find("address=198.51.100.1\nsecure=yes"), std::string::npos) << moved->body;
  EXPECT_EQ(moved->header("fairlead-request-id"), "from-the-proxy");
  proxy.send(get("/seen", "Fairlead-Request-Id: \"quotes are no id\"\r\n"));
  EXPECT_EQ(proxy.answer()->header("fairlead-request-id").size(), 13u);
}

TEST(Server, everything_is_below_the_base_path) {
  const TestServer server({.base_path = "/fairlead/"});
  RawClient client = server.client();
  client.send(get("/fairlead/seen?a=1") + get("/seen") + get("/fairleadx/seen") + get("/fairlead"));
  EXPECT_NE(client.answer()->body.find("path=/seen\n"), std::string::npos);
  EXPECT_EQ(client.answer()->status, 404);
  EXPECT_EQ(client.answer()->status, 404);
  const auto redirect = client.answer();
  EXPECT_EQ(redirect->status, 308);
  EXPECT_EQ(redirect->header("location"), "/fairlead/");
}

TEST(Server, a_base_path_that_is_none_stops_the_start) {
  for (const char* wrong : {"fairlead", "/a b", "/a?b", "//a"}) {
    const ManualClock clock;
    const auto server = Server::start({.base_path = wrong}, Router(), TestServer::allow_all(), {}, clock);
    ASSERT_FALSE(server) << wrong;
    EXPECT_NE(server.error().message.find("base_path"), std::string::npos);
  }
}

TEST(Server, the_authorizer_is_asked_before_every_handler_and_before_the_body_is_read) {
  Handover<std::string> asked;
  const TestServer server({}, [&](Request& request, const Route& route) -> std::optional<Response> {
    asked.put(route.pattern + " " + std::to_string(request.body.size()));
    if (request.header("authorization")) return std::nullopt;
    return problem(401, "Unauthorized", "Log in.");
  });
  RawClient client = server.client();
  client.send(post("/echo", "hello"));
  EXPECT_EQ(client.answer()->status, 401);
  EXPECT_EQ(asked.take(), "/echo 0");
  client.send(post("/echo", "hello", "Authorization: yes\r\n"));
  EXPECT_EQ(client.answer()->body, "hello");
  EXPECT_EQ(asked.take(), "/echo 0");
  client.send(get("/nothing"));
  EXPECT_EQ(client.answer()->status, 404);
  EXPECT_EQ(asked.size(), 0u);
}

TEST(Server, it_does_not_start_without_an_authorizer) {
  const ManualClock clock;
  EXPECT_FALSE(Server::start({}, Router(), nullptr, {}, clock));
}

TEST(Server, the_observer_is_told_of_every_request_once) {
  Handover<std::string> observed;
  TestServer server(
      {}, TestServer::allow_all(), [&](const Route* route, const Request& request, int status, double seconds) {
        EXPECT_GE(seconds, 0);
        observed.put(fmt::format("{} {} {}", route != nullptr ? route->pattern : "-", request.path, status));
      });
  RawClient client = server.client();
  client.send(get("/items/a") + get("/nothing") + get("/throw") + "bad\r\n\r\n");
  EXPECT_EQ(observed.take(), "/items/{name} /items/a 200");
  EXPECT_EQ(observed.take(), "- /nothing 404");
  EXPECT_EQ(observed.take(), "/throw /throw 500");
  EXPECT_EQ(observed.take(), "-  400");
}

TEST(Server, a_handler_that_throws_is_reported_with_the_request_id) {
  Handover<std::string> failures;
  const TestServer server({.on_failure = [&](const std::string& line) { failures.put(line); }});
  RawClient client = server.client();
  client.send(get("/throw"));
  const auto answer = client.answer();
  const std::string line = failures.take();
  EXPECT_NE(line.find("on purpose"), std::string::npos);
  EXPECT_NE(line.find(answer->header("fairlead-request-id")), std::string::npos) << line;
}

TEST(Server, several_threads_and_endpoints_serve_the_same_routes) {
  const TestServer server({.listen = {{"127.0.0.1", 0}, {"127.0.0.1", 0}}, .io_threads = 3});
  ASSERT_EQ(server.server->urls().size(), 2u);
  for (const std::string& url : server.server->urls()) {
    for (int i = 0; i < 20; ++i) {
      RawClient client = RawClient::tcp(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
      client.send(get("/items/" + std::to_string(i)));
      EXPECT_EQ(client.answer()->body, std::to_string(i));
    }
  }
}

TEST(Server, the_control_socket_is_local_and_knows_no_base_path) {
  std::string folder = ::testing::TempDir() + "fairlead_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/control.sock";
  {
    const TestServer server({.control_socket = path, .base_path = "/fairlead", .connections_max = 1});
    RawClient network = server.client();
    network.send(get("/fairlead/seen"));
    EXPECT_NE(network.answer()->body.find("control=no"), std::string::npos);
    // The network's limit is reached; the control socket works all the same.
    RawClient control = RawClient::local(path);
    control.send(get("/seen") + get("/fairlead/seen"));
    EXPECT_NE(control.answer()->body.find("control=yes"), std::string::npos);
    EXPECT_NE(control.answer()->body.find("control=yes"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace fairlead::http::testing
