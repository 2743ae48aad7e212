// Two replicas behind one address: who logs in on one is logged in on both, and logged out on both.

#include <gtest/gtest.h>

#include <memory>

#include "api/testing/api_world.h"
#include "api/testing/fake_stream.h"
#include "api/testing/session_client.h"
#include "store/postgres/postgres_store.h"
#include "store/testing/postgres_server.h"

namespace fairlead::api {
namespace {

using http::Method;
using store::Role;

constexpr const char* kSession = "/api/v1/session";
constexpr const char* kReads = "/api/v1/runs";

struct SharedPlace {
  std::string name;
  /// One more opening of a new journal, like one of a replica.
  std::function<std::function<std::shared_ptr<store::Journal>()>()> make;
};

std::vector<SharedPlace> places() {
  return {{"memory",
           [] {
             const std::shared_ptr<store::Journal> only = store::make_memory_journal();
             return [only] { return only; };
           }},
          {"postgres", [] {
             const std::string uri = store::PostgresServer::shared().new_database();
             return [uri]() -> std::shared_ptr<store::Journal> { return store::open_postgres_journal(uri).value(); };
           }}};
}

ApiOptions shared_options() {
  ApiOptions options;
  options.shared_store = true;
  options.heartbeat = Duration::millis(20);
  return options;
}

class ReplicaSessions : public testing::TestWithParam<SharedPlace> {
 protected:
  /// The same browser at the other replica, as a load balancer may send it there.
  static SessionClient at(ApiWorld& world, const SessionClient& client) {
    SessionClient moved(world);
    moved.cookie = client.cookie;
    moved.csrf = client.csrf;
    return moved;
  }

  const std::function<std::shared_ptr<store::Journal>()> open = GetParam().make();
  ApiWorld a{open(), shared_options(), 1};
  ApiWorld b{open(), shared_options(), 2};
};

/// A live stream, whose end says that the replica knows of the session's.
struct Listener {
  explicit Listener(SessionClient& client) : answer(client.get("/api/v1/stream")) {
    EXPECT_EQ(answer.status, 200);
    answer.on_stream(stream);
  }
  ~Listener() { answer.on_close(); }

  Answer answer;
  const std::shared_ptr<FakeStream> stream = std::make_shared<FakeStream>();
};

TEST_P(ReplicaSessions, a_login_on_one_counts_on_the_other_and_its_csrf_token_too) {
  add_user(a, "ann", Role::kAdmin);
  SessionClient ann(a);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  SessionClient moved = at(b, ann);
  EXPECT_EQ(moved.get(kReads).status, 200);
  EXPECT_EQ(moved.get(kSession).json().at("csrf").as_string(), ann.csrf);
  const std::string token = R"({"name":"t","role":"viewer"})";
  EXPECT_EQ(moved.send(Method::kPost, "/api/v1/tokens", token).status, 201);
  moved.csrf.back() = moved.csrf.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(moved.send(Method::kPost, "/api/v1/tokens", token).status, 403);
  moved.csrf.clear();
  EXPECT_EQ(moved.send(Method::kPost, "/api/v1/tokens", token).status, 403);
}

TEST_P(ReplicaSessions, a_logout_on_one_counts_on_the_other_and_ends_its_streams) {
  add_user(a, "ann", Role::kViewer);
  SessionClient ann(a);
  SessionClient elsewhere(a);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  ASSERT_EQ(elsewhere.log_in("ann").status, 200);
  Listener listener(ann);
  Listener other(elsewhere);
  listener.stream->await(": heartbeat");
  EXPECT_EQ(at(b, ann).send(Method::kDelete, kSession).status, 204);
  EXPECT_EQ(at(b, ann).get(kReads).status, 401);
  listener.stream->await_close();
  EXPECT_EQ(ann.get(kReads).status, 401);
  EXPECT_FALSE(other.stream->closed());
  EXPECT_EQ(elsewhere.get(kReads).status, 200);
}

TEST_P(ReplicaSessions, a_new_password_on_one_ends_the_sessions_on_the_other) {
  add_user(a, "ann", Role::kViewer);
  add_user(a, "bob", Role::kViewer);
  SessionClient ann(b);
  SessionClient bob(b);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  ASSERT_EQ(bob.log_in("bob").status, 200);
  Listener listener(ann);
  add_user(a, "ann", Role::kViewer, "another horse");
  listener.stream->await_close();
  EXPECT_EQ(ann.get(kReads).status, 401);
  EXPECT_EQ(at(a, ann).get(kReads).status, 401);
  EXPECT_EQ(bob.get(kReads).status, 200);
  EXPECT_EQ(ann.log_in("ann").status, 401);
  EXPECT_EQ(ann.log_in("ann", "another horse").status, 200);
  EXPECT_EQ(at(a, ann).get(kReads).status, 200);
}

TEST_P(ReplicaSessions, who_is_removed_on_one_is_logged_out_on_the_other) {
  add_user(a, "cleo", Role::kAdmin);
  add_user(a, "ann", Role::kViewer);
  SessionClient ann(b);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  Listener listener(ann);
  EXPECT_EQ(a.local(Method::kDelete, "/api/v1/users/ann").status, 204);
  listener.stream->await_close();
  EXPECT_EQ(ann.get(kReads).status, 401);
  EXPECT_EQ(at(a, ann).get(kReads).status, 401);
}

TEST_P(ReplicaSessions, a_session_outlives_the_replica_that_opened_it_and_expires_like_any_other) {
  add_user(a, "ann", Role::kViewer);
  SessionClient ann(a);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  ApiWorld restarted(open(), shared_options(), 3);
  SessionClient moved = at(restarted, ann);
  EXPECT_EQ(moved.get(kReads).status, 200);
  restarted.clock.advance(SessionLimits{}.idle);
  EXPECT_EQ(moved.get(kReads).status, 401);
}

TEST_P(ReplicaSessions, while_the_store_is_away_known_ones_go_on_and_the_rest_is_told_to_come_back) {
  add_user(a, "ann", Role::kViewer);
  SessionClient ann(a);
  SessionClient bob(b);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  ASSERT_EQ(bob.log_in("ann").status, 200);
  SessionClient unknown(a);
  unknown.cookie = "fairlead-8080=" + std::string(Sessions::kIdChars, 'A');
  a.journal->hide_accounts(true);
  EXPECT_EQ(ann.get(kSession).status, 200);
  for (const Answer& refused : {unknown.get(kSession), SessionClient(a).log_in("ann")}) {
    EXPECT_EQ(refused.status, 503) << refused.body;
    EXPECT_FALSE(refused.header("Retry-After").empty());
  }
  EXPECT_EQ(ann.send(Method::kDelete, kSession).status, 503) << "nobody would know of it";
  EXPECT_EQ(ann.get(kSession).status, 200);
  EXPECT_EQ(bob.get(kSession).status, 200);
}

INSTANTIATE_TEST_SUITE_P(Stores, ReplicaSessions, testing::ValuesIn(places()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace fairlead::api
