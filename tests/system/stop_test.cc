// Promise R14: a stop by SIGTERM takes at most ten seconds under load and loses nothing that was acknowledged; a live
// client resumes without a gap or is told to read everything anew. And: who wrote something reads it.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <functional>
#include <set>

#include "system/harness/clients.h"
#include "system/harness/environment.h"
#include "system/harness/on_each_store.h"

namespace fairlead::system_test {
namespace {

class Stop : public OnEachStore {
 protected:
  const std::string token_ = new_token("operator");
};

TEST_P(Stop, sigterm_under_load_ends_in_time_and_keeps_what_was_acknowledged) {
  constexpr int kClients = 32;
  constexpr std::size_t kPostsBefore = 500;
  const std::uint64_t seed = random_seed();
  Scene scene;
  {
    Server server = serve();
    // Who comes while it stops is told to come again.
    const Clients clients(scene, token_, seed, {.count = kClients, .may_be_refused = true});
    scene.is_up(0, server.port());
    scene.await_more(kPostsBefore, Milliseconds(60'000));
    EXPECT_EQ(server.stop(Milliseconds(10'000)), 0);
  }
  EXPECT_THAT(scene.problems(), testing::IsEmpty());
  const std::vector<Posted> all = scene.all_acknowledged();
  const std::set<Posted> acknowledged(all.begin(), all.end());
  EXPECT_GE(acknowledged.size(), kPostsBefore);

  Server again = serve();
  ApiClient api(again.port(), token_);
  api.await_everything(store().lanes());
  const std::multiset<std::string> stored = listed_ids(api, kClients);
  EXPECT_TRUE(std::ranges::includes(stored, ids_of(acknowledged))) << "an acknowledged deployment is gone";
  EXPECT_LE(stored.size(), acknowledged.size() + kClients);
}

TEST_P(Stop, open_event_streams_do_not_delay_the_end) {
  Server server = serve();
  Connection stream(server.port());
  stream.send(request_text("GET", "/api/v1/stream", {"Authorization: Bearer " + token_}, {}));
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
  const auto dot = sequence.find('.');
  const std::string wanted = dot == std::string::npos ? fmt::format("\"lane\":0,\"sequence\":{},", sequence)
                                                      : fmt::format("\"lane\":{},\"sequence\":{},",
                                                                    sequence.substr(0, dot), sequence.substr(dot + 1));
  for (;;) {
    const auto event = stream.next();
    if (!event.id.empty()) ids.push_back(std::stoull(event.id));
    if (event.kind == "delivery" && event.data.find(wanted) != std::string::npos) return ids;
  }
}

TEST_P(Stop, live_client_resumes_after_its_last_event_without_gap_or_duplicate) {
  Server server = serve();
  ApiClient api(server.port(), token_);
  const auto post = [&](const std::string& id) {
    return api.post_events(deployment_event(id)).header("fairlead-sequence");
  };
  std::vector<std::uint64_t> ids;
  {
    EventStream stream(server.port(), token_);
    ids = ids_until_delivery(stream, post("d1"));
  }
  post("d2");
  const std::string last = post("d3");
  EventStream resumed(server.port(), token_, std::to_string(ids.back()));
  const auto later = ids_until_delivery(resumed, last);
  EXPECT_GE(later.size(), 2u);
  ids.insert(ids.end(), later.begin(), later.end());
  for (std::size_t i = 1; i < ids.size(); ++i) EXPECT_EQ(ids[i], ids[i - 1] + 1);
}

/// What a live client that was there before a restart hears after it.
struct AfterRestart {
  std::uint64_t last_id = 0;  ///< It has seen everything up to here.
  EventStream::Event next;
};

AfterRestart restart_under_a_live_client(const std::function<Server()>& serve, const std::string& token) {
  const auto post = [&](const Server& server, const std::string& id) {
    return ApiClient(server.port(), token).post_events(deployment_event(id)).header("fairlead-sequence");
  };
  AfterRestart after;
  {
    Server server = serve();
    EventStream stream(server.port(), token);
    after.last_id = ids_until_delivery(stream, post(server, "d1")).back();
    EXPECT_EQ(server.stop(), 0);
  }
  Server server = serve();
  EventStream resumed(server.port(), token, std::to_string(after.last_id));
  // Where nothing is to be told of what was before.
  post(server, "d2");
  after.next = resumed.next();
  return after;
}

TEST_P(Stop, live_client_is_told_to_read_anew_after_a_restart_or_goes_on_without_a_gap) {
  const AfterRestart after = restart_under_a_live_client([this] { return serve(); }, token_);
  if (on_postgres() && after.next.kind != "resync") {
    // The database numbers what is told, for all replicas and over their restarts.
    EXPECT_EQ(after.next.id, std::to_string(after.last_id + 1));
    return;
  }
  EXPECT_EQ(after.next.kind, "resync");
}

TEST_P(Stop, writer_reads_its_own_writes_at_once) {
  constexpr int kPosts = 100;
  Server server = serve();
  ApiClient api(server.port(), token_);
  api.await_everything(store().lanes());  // Replicas have divided the work among them.
  const auto at_once = [&](const std::string& target) {
    const HttpResponse response = api.get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.header("fairlead-lag"), "");
    return boost::json::parse(response.body);
  };
  for (int i = 1; i <= kPosts; ++i) {
    ASSERT_EQ(api.post_events(deployment_event(fmt::format("d{}", i))).status, 200);
    const auto list = at_once("/api/v1/deployments?service=api&limit=1000");
    ASSERT_EQ(list.at("items").as_array().size(), static_cast<std::size_t>(i));
    const auto report = at_once("/api/v1/metrics/delivery?service=api&from=2026-01-01&to=2026-02-01");
    ASSERT_EQ(report.at("metrics").at("deployment_frequency").at("n").to_number<int>(), i);
  }
}

INSTANTIATE_TEST_SUITE_P(On, Stop, kEachStore, store_name);

}  // namespace
}  // namespace fairlead::system_test
