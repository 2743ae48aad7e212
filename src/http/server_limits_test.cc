// Slow clients, vanishing clients and too many clients. Timeouts are shortened by options; the tests wait for sockets.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "http/http_limits.h"
#include "http/testing/test_server.h"

namespace fairlead::http::testing {
namespace {

constexpr int kShortMs = 60;

TEST(SlowClient, a_header_that_takes_too_long_is_408) {
  const TestServer server({.header_timeout_ms = kShortMs});
  RawClient client = server.client();
  client.send("GET /probe HTTP/1.1\r\nHost: x\r\n");
  const auto answer = client.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 408);
  EXPECT_TRUE(client.closed());
}

TEST(SlowClient, one_that_drips_its_header_gets_no_more_time) {
  const TestServer server({.header_timeout_ms = kShortMs});
  RawClient client = server.client();
  const std::string header = "GET /probe HTTP/1.1\r\nA: " + std::string(16'000, 'a');
  std::size_t sent = 0;
  pollfd readable{client.descriptor(), POLLIN, 0};
  // One byte for each millisecond in which no answer came.
  while (sent < header.size() && poll(&readable, 1, 1) == 0) client.send(std::string_view(header).substr(sent++, 1));
  EXPECT_LT(sent, header.size());
  EXPECT_EQ(client.answer()->status, 408);
}

TEST(SlowClient, one_that_says_nothing_is_closed_without_a_word) {
  const TestServer server({.header_timeout_ms = kShortMs});
  RawClient client = server.client();
  EXPECT_TRUE(client.closed());
}

TEST(SlowClient, an_idle_connection_is_closed_without_a_word) {
  const TestServer server({.idle_timeout_ms = kShortMs});
  RawClient client = server.client();
  client.send(get("/probe"));
  EXPECT_EQ(client.answer()->body, "ok");
  EXPECT_TRUE(client.closed());
}

TEST(SlowClient, a_body_below_the_minimum_rate_is_408) {
  const TestServer server({.header_timeout_ms = kShortMs});
  for (const char* framing : {"Content-Length: 100\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n64\r\nhello"}) {
    RawClient client = server.client();
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\n" + std::string(framing));
    const auto answer = client.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 408);
    EXPECT_TRUE(client.closed());
  }
}

TEST(SlowClient, a_body_that_came_fast_earns_no_right_to_a_long_silence) {
  const TestServer server({.header_timeout_ms = kShortMs});
  RawClient client = server.client();
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + std::string(200'000, 'a'));
  const auto answer = client.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 408);
  EXPECT_TRUE(client.closed());
}

TEST(SlowClient, a_body_above_the_minimum_rate_has_all_the_time_it_needs) {
  // Longer than a busy machine keeps this client from sending; all pieces together take longer still.
  constexpr int kTimeoutMs = 500;
  const TestServer server({.header_timeout_ms = kTimeoutMs});
  RawClient client = server.client();
  constexpr std::size_t kPiece = 1024;
  constexpr int kPieceMs = 10;
  constexpr int kPieces = kTimeoutMs / kPieceMs + 20;
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kPiece * kPieces) + "\r\n\r\n");
  pollfd readable{client.descriptor(), POLLIN, 0};
  for (int i = 0; i < kPieces; ++i) {
    ASSERT_TRUE(client.send(std::string(kPiece, 'a')));
    const bool more_to_come = i + 1 < kPieces;
    EXPECT_TRUE(!more_to_come || poll(&readable, 1, kPieceMs) == 0) << "answered before the body was whole";
  }
  EXPECT_EQ(client.answer()->status, 200);  // long after the header's time was over
}

TEST(SlowClient, one_that_does_not_take_its_answer_is_cut) {
  const TestServer server({.write_timeout_ms = kShortMs});
  RawClient client = server.client();
  // Far more than both socket buffers hold, and nobody reads.
  client.send(get("/text/30000000"));
  const auto head = client.head();
  ASSERT_TRUE(head);
  while (server.server->connections() > 0) std::this_thread::yield();
  std::size_t received = 0;
  while (const std::size_t bytes = client.take_some()) received += bytes;
  EXPECT_LT(received, 30'000'000u);
}

TEST(SlowClient, a_handler_that_takes_its_time_is_no_timeout) {
  TestServer server({.header_timeout_ms = kShortMs, .idle_timeout_ms = kShortMs, .write_timeout_ms = kShortMs});
  RawClient waiting = server.client();
  waiting.send(get("/probe") + get("/hold"));
  auto held = server.held.take();
  // Another client's silence measures the time: it is closed when the timeout has passed.
  RawClient silent = server.client();
  EXPECT_TRUE(silent.closed());
  held.second(Response::text(200, "at last"));
  EXPECT_EQ(waiting.answer()->body, "ok");
  EXPECT_EQ(waiting.answer()->body, "at last");
}

TEST(Client, may_vanish_in_every_state) {
  TestServer server;
  const std::string whole = post("/echo", "hello");
  for (std::size_t sent = 0; sent <= whole.size(); sent += 7) {
    for (const bool reset : {false, true}) {
      RawClient client = server.client();
      client.send(std::string_view(whole).substr(0, sent));
      reset ? client.reset() : client.close();
    }
  }
  for (const bool reset : {false, true}) {
    RawClient client = server.client();
    client.send(get("/hold"));
    auto held = server.held.take();
    reset ? client.reset() : client.close();
    held.second(Response::text(200, std::string(1'000'000, 'a')));
  }
  {
    RawClient client = server.client();
    client.send(get("/text/30000000"));
    client.head();
    client.reset();
  }
  while (server.server->connections() > 0) std::this_thread::yield();
  RawClient after = server.client();
  after.send(get("/probe"));
  EXPECT_EQ(after.answer()->body, "ok");
}

TEST(Client, may_finish_sending_before_it_reads) {
  const TestServer server;
  RawClient client = server.client();
  client.send(post("/pool-echo", "hello"));
  client.finish_sending();
  EXPECT_EQ(client.answer()->body, "hello");
  EXPECT_TRUE(client.closed());
}

TEST(Connections, past_the_total_limit_are_answered_503_and_closed) {
  const TestServer server({.connections_max = 2});
  RawClient first = server.client();
  RawClient second = server.client();
  for (RawClient* client : {&first, &second}) {
    client->send(get("/probe"));
    EXPECT_EQ(client->answer()->body, "ok");
  }
  RawClient third = server.client();
  const auto answer = third.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->header("retry-after"), "1");
  EXPECT_TRUE(third.closed());
  first.close();
  while (server.server->connections() > 1) std::this_thread::yield();
  RawClient fourth = server.client();
  fourth.send(get("/probe"));
  EXPECT_EQ(fourth.answer()->body, "ok");
}

TEST(Connections, past_the_limit_of_one_address_leave_room_for_others) {
  const TestServer server({.connections_per_address_max = 1});
  RawClient first = server.client();
  first.send(get("/probe"));
  EXPECT_EQ(first.answer()->body, "ok");
  RawClient same = server.client();
  EXPECT_EQ(same.answer()->status, 503);
  RawClient other = RawClient::tcp(server.port(), "127.0.0.2");
  other.send(get("/probe"));
  EXPECT_EQ(other.answer()->body, "ok");
}

TEST(Connections, a_trusted_proxy_is_no_single_client) {
  const TestServer server({.trusted_proxies = {"127.0.0.1"}, .connections_per_address_max = 1});
  RawClient first = server.client();
  RawClient second = server.client();
  first.send(get("/probe"));
  second.send(get("/probe"));
  EXPECT_EQ(first.answer()->body, "ok");
  EXPECT_EQ(second.answer()->body, "ok");
}

/// Lowers the limit of open files to what is open now, so that nothing can be opened until it goes.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const Descriptor lowest_free(dup(0));
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free.get());
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

TEST(Connections, running_out_of_descriptors_neither_spins_nor_loses_the_client) {
  const TestServer server({.idle_timeout_ms = 500});
  {
    // UBSan opens a pipe when it meets a type for the first time, which must not be while there are no descriptors.
    RawClient rehearsal = server.client();
    rehearsal.send(get("/probe"));
    EXPECT_EQ(rehearsal.answer()->body, "ok");
    EXPECT_TRUE(rehearsal.closed());
  }
  RawClient clock = server.client();  // closed by the server after 500 ms: so long the machine has no descriptors
  clock.send(get("/probe"));
  EXPECT_EQ(clock.answer()->body, "ok");
  RawClient waiting = RawClient::unconnected();
  {
    const NoMoreDescriptors full;
    waiting.connect_tcp(server.port());  // the kernel accepts, the server cannot yet
    const double before = cpu_seconds();
    EXPECT_TRUE(clock.closed());
    EXPECT_LT(cpu_seconds() - before, 0.25);
  }
  waiting.send(get("/probe"));
  EXPECT_EQ(waiting.answer()->body, "ok");
}

}  // namespace
}  // namespace fairlead::http::testing
