#include "api/live_streams.h"

#include <gtest/gtest.h>

#include "api/testing/api_world.h"
#include "api/testing/fake_stream.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

constexpr Duration kNever = Duration::hours(24);

/// A client as the server would connect it.
struct Client {
  Client(LiveStreams& streams, std::optional<std::uint64_t> last_event_id, std::string actor = "someone")
      : Client(streams.open(std::move(actor), last_event_id)) {}
  explicit Client(http::Response opened) : response(std::move(opened)) {
    if (response.on_stream) response.on_stream(stream);
  }
  void leave() {
    stream->close();
    response.on_close();
  }
  http::Response response;
  std::shared_ptr<FakeStream> stream = std::make_shared<FakeStream>();
};

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(LiveStreams, every_client_gets_what_is_published_with_its_id) {
  engine::LiveHub hub(16, 100);
  LiveStreams streams(hub, kNever);
  Client one(streams, std::nullopt);
  Client two(streams, std::nullopt);
  EXPECT_EQ(one.response.headers[0].second, "text/event-stream");
  hub.publish("delivery", R"({"sequence":1})");
  const std::string expected = "id: 101\nevent: delivery\ndata: {\"sequence\":1}\n\n";
  EXPECT_NE(one.stream->await(expected).find("event: ready\n"), std::string::npos);
  two.stream->await(expected);
}

TEST(LiveStreams, a_client_that_comes_back_goes_on_without_gap_or_repetition) {
  engine::LiveHub hub(16, 0);
  LiveStreams streams(hub, kNever);
  for (int i = 1; i <= 5; ++i) hub.publish("entity", fmt::format("{}", i));
  Client back(streams, 3);
  const std::string text = back.stream->await("data: 5\n\n");
  EXPECT_EQ(count_of(text, "event: entity\n"), 2u);
  EXPECT_EQ(text.find("data: 3\n"), std::string::npos);
  EXPECT_NE(text.find("id: 4\nevent: entity\ndata: 4\n\n"), std::string::npos);
  hub.publish("entity", "6");
  EXPECT_EQ(count_of(back.stream->await("data: 6\n\n"), "event: entity\n"), 3u);
}

TEST(LiveStreams, a_client_that_the_ring_has_passed_by_is_told_to_read_anew) {
  engine::LiveHub hub(4, 0);
  LiveStreams streams(hub, kNever);
  for (int i = 1; i <= 10; ++i) hub.publish("entity", fmt::format("{}", i));
  Client late(streams, 2);
  std::string text = late.stream->await("event: resync\n");
  EXPECT_NE(text.find("id: 10\nevent: resync\n"), std::string::npos);
  hub.publish("entity", "11");
  text = late.stream->await("data: 11\n\n");
  EXPECT_EQ(count_of(text, "event: entity\n"), 1u);
  Client foreign(streams, 999);  // an id of another run of the server
  foreign.stream->await("event: resync\n");
}

TEST(LiveStreams, more_than_one_batch_arrives_whole_and_in_order) {
  engine::LiveHub hub(1000, 0);
  LiveStreams streams(hub, kNever);
  for (int i = 1; i <= 600; ++i) hub.publish("entity", fmt::format("<{}>", i));
  Client client(streams, 0);
  const std::string text = client.stream->await("<600>");
  std::size_t at = 0;
  for (int i = 1; i <= 600; ++i) {
    const std::size_t found = text.find(fmt::format("<{}>", i), at);
    ASSERT_NE(found, std::string::npos) << i;
    at = found;
  }
  EXPECT_EQ(count_of(text, "event: entity\n"), 600u);
}

TEST(LiveStreams, an_idle_stream_gets_heartbeats) {
  engine::LiveHub hub(4, 0);
  LiveStreams streams(hub, Duration::millis(1));
  Client client(streams, std::nullopt);
  client.stream->await(": heartbeat\n\n: heartbeat\n\n");
}

TEST(LiveStreams, places_are_limited_and_given_back) {
  engine::LiveHub hub(4, 0);
  LiveStreams streams(hub, kNever);
  std::vector<http::Response> open;
  for (std::size_t i = 0; i < limits::kLiveSubscribersMax; ++i) {
    open.push_back(streams.open("a", std::nullopt));
    ASSERT_EQ(open.back().status, 200) << i;
  }
  const http::Response refused = streams.open("a", std::nullopt);
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.on_close);
  open.back().on_close();  // also where the client was gone before its stream began
  EXPECT_EQ(streams.open("a", std::nullopt).status, 200);
}

TEST(LiveStreams, a_client_that_left_is_forgotten) {
  engine::LiveHub hub(4, 0);
  LiveStreams streams(hub, kNever);
  Client stays(streams, std::nullopt);
  Client leaves(streams, std::nullopt);
  EXPECT_EQ(streams.clients(), 2u);
  leaves.leave();
  EXPECT_EQ(streams.clients(), 1u);
  hub.publish("entity", "1");
  stays.stream->await("data: 1\n\n");
}

TEST(LiveStreams, stopping_closes_all_and_admits_no_more) {
  engine::LiveHub hub(4, 0);
  LiveStreams streams(hub, kNever);
  Client client(streams, std::nullopt);
  http::Response late = streams.open("a", std::nullopt);
  streams.stop();
  EXPECT_TRUE(client.stream->closed());
  EXPECT_EQ(streams.open("a", std::nullopt).status, 503);
  const auto stream = std::make_shared<FakeStream>();
  late.on_stream(stream);
  EXPECT_TRUE(stream->closed());
}

TEST(Stream, of_a_revoked_token_ends_and_others_go_on) {
  ApiWorld world;
  const std::string revoked = world.token(store::Role::kViewer);
  Client theirs(world.get("/api/v1/stream", revoked));
  Client ours(world.get("/api/v1/stream", world.token(store::Role::kViewer)));
  world.local(http::Method::kDelete, "/api/v1/tokens/" + std::string(*token_id(revoked)));
  theirs.stream->await_close();
  EXPECT_FALSE(ours.stream->closed());
  theirs.response.on_close();
  ours.response.on_close();
}

TEST(Stream, tells_of_a_delivery_once_reports_show_it) {
  ApiWorld world;
  Client client(world.get("/api/v1/stream"));
  world.post_events(deployment_event("d1", "10:00:00"));
  const std::string text = client.stream->await("event: delivery\n");
  EXPECT_NE(text.find("\"source\":\"events\""), std::string::npos) << text;
  // Published after linking: a read that follows shows it without asking for its own writes.
  EXPECT_EQ(world.get("/api/v1/deployments", world.token(store::Role::kViewer)).json().at("items").as_array().size(),
            1u);
  client.response.on_close();
}

TEST(Stream, takes_last_event_id_and_no_parameters) {
  ApiWorld world;
  Client odd(world.get("/api/v1/stream", {}, {{"last-event-id", "not a number"}}));
  odd.stream->await("event: resync\n");
  odd.response.on_close();
  EXPECT_EQ(world.get("/api/v1/stream?after=3").status, 400);
}

}  // namespace
}  // namespace fairlead::api
