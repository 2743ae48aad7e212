// Event streams, and the graceful stop with requests and streams that still run.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "http/testing/test_server.h"

namespace fairlead::http::testing {
namespace {

/// Opens a stream and reads its head and the first bytes that the handler sends with it.
std::shared_ptr<Stream> open_stream(TestServer& server, RawClient& client) {
  client.send(get("/events"));
  const auto head = client.head();
  if (!head || head->status != 200) ADD_FAILURE() << "no stream";
  EXPECT_EQ(client.chunk(), ": hello\n\n");
  return server.streams.take();
}

TEST(Stream, what_any_thread_writes_arrives_in_order) {
  TestServer server;
  RawClient client = server.client();
  const auto stream = open_stream(server, client);
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(stream->write("data: " + std::to_string(i) + "\n\n"));
  });
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(client.chunk(), "data: " + std::to_string(i) + "\n\n");
  writer.join();
  stream->close();
  EXPECT_EQ(client.chunk(), "");
  EXPECT_TRUE(client.closed());
  server.closed_streams.take();
  EXPECT_FALSE(stream->write("late"));
  EXPECT_EQ(server.closed_streams.size(), 0u);
}

TEST(Stream, the_handler_is_told_once_when_the_client_goes) {
  TestServer server;
  for (const bool reset : {false, true}) {
    RawClient client = server.client();
    const auto stream = open_stream(server, client);
    reset ? client.reset() : client.close();
    server.closed_streams.take();
    EXPECT_FALSE(stream->write("nobody hears this"));
    stream->close();
  }
  EXPECT_EQ(server.closed_streams.size(), 0u);
}

TEST(Stream, bytes_of_the_client_are_ignored) {
  TestServer server;
  RawClient client = server.client();
  const auto stream = open_stream(server, client);
  client.send(get("/probe") + std::string(10'000, 'x'));
  EXPECT_TRUE(stream->write("data: 1\n\n"));
  EXPECT_EQ(client.chunk(), "data: 1\n\n");
}

TEST(Stream, a_client_that_does_not_read_is_disconnected_when_its_queue_is_full) {
  TestServer server({.stream_queue_bytes_max = 64 * 1024});
  RawClient client = server.client();
  const auto stream = open_stream(server, client);
  const std::string event(16 * 1024, 'x');
  std::size_t written = 0;
  while (stream->write(event)) {
    written += event.size();
    ASSERT_LT(written, 200u << 20);  // far beyond what the sockets hold
  }
  server.closed_streams.take();
  EXPECT_FALSE(stream->write("x"));
}

TEST(Stream, a_write_larger_than_the_queue_disconnects_and_one_as_large_does_not) {
  TestServer server({.stream_queue_bytes_max = 1000});
  RawClient client = server.client();
  const auto stream = open_stream(server, client);
  EXPECT_TRUE(stream->write(std::string(1000, 'x')));
  EXPECT_EQ(client.chunk()->size(), 1000u);
  EXPECT_FALSE(stream->write(std::string(1001, 'x')));
  server.closed_streams.take();
}

TEST(Stream, a_long_answer_waits_for_the_client_and_arrives_whole) {
  TestServer server({.stream_queue_bytes_max = 1000});
  RawClient client = server.client();
  client.send(get("/export"));
  const auto stream = server.streams.take();
  std::string expected;
  std::thread writer([&] {
    for (int i = 0; i < 2000; ++i) {
      const std::string piece(static_cast<std::size_t>(i % 7 == 0 ? 5000 : 700), static_cast<char>('a' + i % 26));
      EXPECT_TRUE(stream->write_wait(piece));
      expected += piece;
    }
    stream->close();
  });
  const auto answer = client.answer();
  writer.join();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, expected);
}

TEST(Stream, waiting_for_a_client_that_takes_nothing_ends_with_the_write_timeout) {
  TestServer server({.write_timeout_ms = 60, .stream_queue_bytes_max = 1000});
  RawClient client = server.client();
  client.send(get("/export"));
  const auto stream = server.streams.take();
  while (stream->write_wait(std::string(100'000, 'x'))) {
  }
  server.closed_streams.take();
}

TEST(Stop, a_stream_that_finishes_by_itself_is_waited_for) {
  TestServer server;
  RawClient client = server.client();
  client.send(get("/export"));
  const auto stream = server.streams.take();
  RawClient idle = server.client();
  idle.send(get("/probe"));
  EXPECT_EQ(idle.answer()->body, "ok");
  std::thread stopper([&] { server.server->stop(); });
  EXPECT_TRUE(idle.closed());  // the stop has begun
  EXPECT_TRUE(stream->write_wait("the rest"));
  stream->close();
  EXPECT_EQ(client.answer()->body, "the rest");
  stopper.join();
}

TEST(Stop, a_stream_that_does_not_finish_in_time_is_seen_to_be_cut) {
  TestServer server({.stop_timeout_ms = 50});
  RawClient client = server.client();
  client.send(get("/export"));
  const auto stream = server.streams.take();
  EXPECT_TRUE(stream->write_wait("the beginning"));
  server.server->stop();
  EXPECT_FALSE(stream->write_wait("the rest"));
  EXPECT_FALSE(client.answer());  // no last chunk
}

TEST(Stream, an_empty_write_does_not_end_it) {
  TestServer server;
  RawClient client = server.client();
  const auto stream = open_stream(server, client);
  EXPECT_TRUE(stream->write(""));
  EXPECT_TRUE(stream->write("data: 1\n\n"));
  EXPECT_EQ(client.chunk(), "data: 1\n\n");
}

TEST(Stream, http_1_0_gets_the_bytes_as_they_are) {
  TestServer server;
  RawClient client = server.client();
  client.send("GET /events HTTP/1.0\r\n\r\n");
  const auto stream = server.streams.take();
  stream->write("data: 1\n\n");
  stream->close();
  EXPECT_EQ(client.answer()->body, ": hello\n\ndata: 1\n\n");
}

TEST(Stream, head_asks_for_one_without_opening_it) {
  TestServer server;
  RawClient client = server.client();
  client.send("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n" + get("/probe"));
  EXPECT_EQ(client.answer(true)->header("content-type"), "text/event-stream");
  EXPECT_EQ(client.answer()->body, "ok");
  server.closed_streams.take();
  EXPECT_EQ(server.streams.size(), 0u);
}

TEST(Stream, a_thousand_clients_all_hear_what_is_said) {
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = std::max(descriptors.rlim_cur, std::min<rlim_t>(descriptors.rlim_max, 4096));
  setrlimit(RLIMIT_NOFILE, &descriptors);
  constexpr std::size_t kClients = 1000;
  if (descriptors.rlim_cur < 2 * kClients + 100) GTEST_SKIP() << "needs 2,100 descriptors";

  TestServer server({.io_threads = 2});
  std::vector<RawClient> clients;
  std::vector<std::shared_ptr<Stream>> streams;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(server.client());
    streams.push_back(open_stream(server, clients.back()));
  }
  for (const auto& stream : streams) EXPECT_TRUE(stream->write("data: all\n\n"));
  for (RawClient& client : clients) EXPECT_EQ(client.chunk(), "data: all\n\n");
  clients.clear();
  for (std::size_t i = 0; i < kClients; ++i) server.closed_streams.take();
}

TEST(Stop, a_running_request_is_finished_and_a_stream_ends_cleanly) {
  TestServer server;
  RawClient working = server.client();
  working.send(get("/hold"));
  auto held = server.held.take();
  RawClient listening = server.client();
  const auto stream = open_stream(server, listening);
  stream->write("data: last\n\n");
  RawClient idle = server.client();
  idle.send(get("/probe"));
  EXPECT_EQ(idle.answer()->body, "ok");

  std::thread stopper([&] { server.server->stop(); });
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(listening.chunk(), "data: last\n\n");
  EXPECT_EQ(listening.chunk(), "");
  EXPECT_TRUE(listening.closed());
  server.closed_streams.take();
  EXPECT_FALSE(server.client().send(get("/probe")) && server.client().connected());
  held.second(Response::text(200, "finished"));
  const auto answer = working.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "finished");
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_TRUE(working.closed());
  stopper.join();
  EXPECT_EQ(server.server->connections(), 0u);
  server.server->stop();  // a second time does nothing
}

TEST(Stop, a_request_that_was_half_sent_may_be_finished) {
  TestServer server;
  RawClient client = server.client();
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  ASSERT_EQ(client.head()->status, 100);
  RawClient idle = server.client();
  idle.send(get("/probe"));
  EXPECT_EQ(idle.answer()->body, "ok");
  std::thread stopper([&] { server.server->stop(); });
  EXPECT_TRUE(idle.closed());  // the stop has begun
  client.send("hello");
  EXPECT_EQ(client.answer()->body, "hello");
  stopper.join();
}

TEST(Stop, what_does_not_finish_in_time_is_cut_and_a_late_answer_goes_nowhere) {
  TestServer server({.stop_timeout_ms = 50});
  RawClient working = server.client();
  working.send(get("/hold"));
  auto held = server.held.take();
  RawClient half = server.client();
  half.send("GET /probe HT");
  server.server->stop();
  EXPECT_TRUE(working.closed());
  EXPECT_FALSE(half.answer());
  held.second(Response::text(200, "too late"));
  server.server.reset();
}

TEST(Stop, an_answer_may_outlive_the_server) {
  std::optional<std::pair<Request, Responder>> held;
  {
    TestServer server({.stop_timeout_ms = 50});
    RawClient client = server.client();
    client.send(get("/hold"));
    held = server.held.take();
  }
  Handover<int> closed;
  Response response = Response::text(200, "");
  response.on_stream = [](const std::shared_ptr<Stream>&) { ADD_FAILURE() << "nobody is there"; };
  response.on_close = [&] { closed.put(1); };
  held->second(std::move(response));
  held.reset();
  EXPECT_EQ(closed.size(), 1u);
}

TEST(Stop, answers_posted_by_other_threads_during_the_stop_are_sent_or_dropped) {
  for (int round = 0; round < 20; ++round) {
    TestServer server({.io_threads = 2, .stop_timeout_ms = 200});
    std::vector<RawClient> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(server.client());
      clients.back().send(get("/hold"));
    }
    std::thread writer([&] {
      for (int i = 0; i < 8; ++i) server.held.take().second(Response::text(200, "x"));
    });
    for (RawClient& client : clients) {
      EXPECT_TRUE(round % 2 != 0 || client.answer());
    }
    writer.join();
    server.server->stop();
  }
}

}  // namespace
}  // namespace fairlead::http::testing
