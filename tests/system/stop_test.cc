// Promise R14: a stop by SIGTERM takes at most ten seconds under load and loses nothing that was acknowledged; a live
// client resumes without a gap or is told to read everything anew. And: who wrote something reads it.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "system/harness/api_client.h"
#include "system/harness/server.h"
#include "system/harness/temp_folder.h"

namespace fairlead::system_test {
namespace {

class Stop : public ::testing::Test {
 protected:
  std::filesystem::path data() const { return folder_.path() / "data"; }
  const std::string& token() {
    if (token_.empty()) token_ = make_token(data(), "operator");
    return token_;
  }

 private:
  TempFolder folder_;
  std::string token_;
};

/// Of service `api`, once all that the journal holds is projected: a further post stands behind all of it.
std::set<std::string> stored_ids(Server& server, const std::string& token) {
  ApiClient api(server.port(), token);
  api.await_projection(api.post_events(deployment_event("last", "other")).header("fairlead-sequence"));
  std::set<std::string> ids;
  for (const auto& item : api.list("/api/v1/deployments?service=api")) {
    ids.emplace(item.at("id").as_string());
  }
  return ids;
}

/// Posts until the server is gone. Returns what was acknowledged.
std::set<std::string> post_until_the_end(std::uint16_t port, const std::string& token, int client,
                                         std::atomic<int>& total) {
  std::set<std::string> acknowledged;
  try {
    ApiClient api(port, token);
    for (int i = 0;; ++i) {
      const std::string id = fmt::format("c{}-{}", client, i);
      if (api.post_events(deployment_event(id)).status != 200) continue;
      acknowledged.insert(id);
      ++total;
      total.notify_all();
    }
  } catch (const ConnectionLost&) {
    return acknowledged;
  }
}

TEST_F(Stop, sigterm_under_load_ends_in_time_and_keeps_what_was_acknowledged) {
  constexpr int kClients = 32;
  constexpr int kPostsBefore = 500;
  token();
  Server server(data());
  std::atomic<int> total = 0;
  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      const auto mine = post_until_the_end(server.port(), token(), i, total);
      const std::lock_guard lock(mutex);
      acknowledged.insert(mine.begin(), mine.end());
    });
  }
  for (int seen = 0; seen < kPostsBefore; seen = total.load()) total.wait(seen);
  EXPECT_EQ(server.stop(Milliseconds(10'000)), 0);
  for (std::thread& client : clients) client.join();

  Server again(data());
  const std::set<std::string> stored = stored_ids(again, token());
  EXPECT_TRUE(std::ranges::includes(stored, acknowledged)) << "an acknowledged deployment is gone";
  EXPECT_LE(stored.size(), acknowledged.size() + kClients);
}

TEST_F(Stop, open_event_streams_do_not_delay_the_end) {
  token();
  Server server(data());
  Connection stream(server.port());
  stream.send(request_text("GET", "/api/v1/stream", {"Authorization: Bearer " + token()}, {}));
  EXPECT_EQ(stream.receive(true).status, 200);
  EXPECT_EQ(server.stop(Milliseconds(10'000)), 0);
}

/// Follows /api/v1/stream, event by event.
class EventStream {
 public:
  EventStream(std::uint16_t port, const std::string& token, const std::string& last_id = {}) : connection_(port) {
    std::vector<std::string> headers = {"Authorization: Bearer " + token, "Accept: text/event-stream"};
    if (!last_id.empty()) headers.push_back("Last-Event-ID: " + last_id);
    connection_.send(request_text("GET", "/api/v1/stream", headers, {}));
    const HttpResponse head = connection_.receive(true);
    EXPECT_EQ(head.status, 200);
    EXPECT_THAT(head.header("content-type"), ::testing::StartsWith("text/event-stream"));
  }

  struct Event {
    std::string kind;
    std::string id;
    std::string data;
  };
  /// The next event that says something: comments, and the greeting that repeats where the stream stands, are passed
  /// over.
  Event next() {
    for (;;) {
      Event event;
      for (std::string line = read_line(); !line.empty(); line = read_line()) {
        take(line, "event: ", event.kind);
        take(line, "id: ", event.id);
        take(line, "data: ", event.data);
      }
      if (!event.kind.empty() && event.kind != "ready") return event;
    }
  }

 private:
  /// Lines end with LF; where the stream is chunked, lines with chunk sizes end with CRLF and are no part of it.
  std::string read_line() {
    for (;;) {
      std::string line = connection_.receive_until("\n");
      line.pop_back();
      if (!line.ends_with('\r')) return line;
    }
  }
  static void take(const std::string& line, std::string_view prefix, std::string& value) {
    if (line.starts_with(prefix)) value = line.substr(prefix.size());
  }

  Connection connection_;
};

/// Reads on until the event about the delivery with this sequence; returns the ids passed on the way, it included.
std::vector<std::uint64_t> ids_until_delivery(EventStream& stream, const std::string& sequence) {
  std::vector<std::uint64_t> ids;
  const std::string wanted = fmt::format("\"sequence\":{},", sequence);
  for (;;) {
    const auto event = stream.next();
    if (!event.id.empty()) ids.push_back(std::stoull(event.id));
    if (event.kind == "delivery" && event.data.find(wanted) != std::string::npos) return ids;
  }
}

TEST_F(Stop, live_client_resumes_after_its_last_event_without_gap_or_duplicate) {
  token();
  Server server(data());
  ApiClient api(server.port(), token());
  const auto post = [&](const std::string& id) {
    return api.post_events(deployment_event(id)).header("fairlead-sequence");
  };
  std::vector<std::uint64_t> ids;
  {
    EventStream stream(server.port(), token());
    ids = ids_until_delivery(stream, post("d1"));
  }
  post("d2");
  const std::string last = post("d3");
  EventStream resumed(server.port(), token(), std::to_string(ids.back()));
  const auto later = ids_until_delivery(resumed, last);
  EXPECT_GE(later.size(), 2u);
  ids.insert(ids.end(), later.begin(), later.end());
  for (std::size_t i = 1; i < ids.size(); ++i) EXPECT_EQ(ids[i], ids[i - 1] + 1);
}

TEST_F(Stop, live_client_is_told_to_read_anew_after_a_restart) {
  std::string last_id;
  {
    token();
    Server server(data());
    EventStream stream(server.port(), token());
    ApiClient api(server.port(), token());
    const auto sequence = api.post_events(deployment_event("d1")).header("fairlead-sequence");
    last_id = std::to_string(ids_until_delivery(stream, sequence).back());
    server.stop();
  }
  Server server(data());
  EventStream resumed(server.port(), token(), last_id);
  EXPECT_EQ(resumed.next().kind, "resync");
}

TEST_F(Stop, writer_reads_its_own_writes_at_once) {
  constexpr int kPosts = 100;
  token();
  Server server(data());
  ApiClient api(server.port(), token());
  for (int i = 1; i <= kPosts; ++i) {
    ASSERT_EQ(api.post_events(deployment_event(fmt::format("d{}", i))).status, 200);
    ASSERT_EQ(api.list("/api/v1/deployments").size(), static_cast<std::size_t>(i));
    const auto report = api.get_json("/api/v1/metrics/delivery?from=2026-01-01&to=2026-02-01");
    ASSERT_EQ(report.at("metrics").at("deployment_frequency").at("n").to_number<int>(), i);
  }
}

}  // namespace
}  // namespace fairlead::system_test
