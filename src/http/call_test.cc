#include "http/call.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/http_limits.h"
#include "http/testing/test_server.h"

namespace fairlead::http {
namespace {

using testing::Handover;

/// A pool of one thread that is busy until the test says otherwise.
class BusyPool {
  Handover<int> entered_;
  Handover<int> leave_;

 public:
  BusyPool() {
    Pool::Task task = [this] {
      entered_.put(1);
      leave_.take();
    };
    EXPECT_TRUE(pool.try_run(task));
    entered_.take();
  }
  void free() { leave_.put(1); }

  Pool pool{1};  // last, because its thread uses the others
};

TEST(Pool, its_queue_takes_its_limit_and_not_one_more) {
  BusyPool busy;
  std::atomic<std::size_t> ran = 0;
  for (std::size_t i = 0; i < limits::kPoolQueueMax; ++i) {
    Pool::Task task = [&] { ++ran; };
    ASSERT_TRUE(busy.pool.try_run(task)) << i;
  }
  Handover<int> last;
  Pool::Task task = [&] { last.put(1); };
  EXPECT_FALSE(busy.pool.try_run(task));
  EXPECT_TRUE(task);  // untouched
  busy.free();
  while (!busy.pool.try_run(task)) std::this_thread::yield();
  last.take();
  EXPECT_EQ(ran, limits::kPoolQueueMax);
}

TEST(Pool, stopping_drops_what_waits_and_takes_nothing_more) {
  BusyPool busy;
  bool ran = false;
  Pool::Task task = [&] { ran = true; };
  EXPECT_TRUE(busy.pool.try_run(task));
  busy.pool.stop();
  Pool::Task late = [] {};
  EXPECT_FALSE(busy.pool.try_run(late));
  busy.free();
  EXPECT_FALSE(ran);
}

/// Allows everybody everything, and nobody ever takes a task from its full pool.
struct ServiceWithFullPool : Service {
  ServiceWithFullPool() {
    authorizer = testing::TestServer::allow_all();
    pool = std::make_unique<Pool>(0);
    for (Pool::Task filler = [] {}; pool->try_run(filler);) filler = [] {};
  }
};

TEST(Dispatch, a_full_pool_is_503_with_retry_after) {
  ServiceWithFullPool service;
  ASSERT_TRUE(service.router.add({Method::kGet, "/a", Access::kOpen, RunOn::kPool, 0,
                                  [](Request, Responder respond) { respond(Response::no_content()); }}));
  Call call = open_call(service, {.address = "192.0.2.1"}, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "id");
  const auto exchange = dispatch(service, call, std::make_shared<Mailbox>([] {}));
  const auto response = exchange->take();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->headers.back(), (std::pair<std::string, std::string>("Retry-After", "1")));
}

TEST(Dispatch, a_large_body_goes_to_the_pool_though_its_route_does_not) {
  ServiceWithFullPool service;
  ASSERT_TRUE(service.router.add({Method::kPost, "/a", Access::kOpen, RunOn::kConnection, SIZE_MAX,
                                  [](Request, Responder respond) { respond(Response::no_content()); }}));
  const auto status_with = [&](std::string body) {
    const std::string head = fmt::format("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.size());
    Call call = open_call(service, {.address = "192.0.2.1"}, head, "id");
    call.request.body = std::move(body);
    return dispatch(service, call, std::make_shared<Mailbox>([] {}))->take().value().status;
  };
  EXPECT_EQ(status_with(std::string(limits::kInlineBodyBytesMax, 'x')), 204);
  EXPECT_EQ(status_with(std::string(limits::kInlineBodyBytesMax + 1, 'x')), 503);
}

TEST(Mailbox, many_items_are_one_wake_up) {
  struct Counter final : Mailbox::Receiver {
    int received = 0;
    void receive() override { ++received; }
  };
  int wakes = 0;
  Mailbox mailbox([&] { ++wakes; });
  const auto counter = std::make_shared<Counter>();
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(mailbox.post(counter));
  EXPECT_EQ(wakes, 1);
  mailbox.deliver();
  EXPECT_EQ(counter->received, 64);
  mailbox.post(counter);
  EXPECT_EQ(wakes, 2);
  mailbox.close();
  EXPECT_FALSE(mailbox.post(counter));
  mailbox.deliver();
  EXPECT_EQ(counter->received, 64);
}

TEST(ConnectionCount, each_limit_holds_for_whom_it_is_meant) {
  ConnectionCount count(3, 2);
  EXPECT_TRUE(count.try_add(Guest::kClient, "a"));
  EXPECT_TRUE(count.try_add(Guest::kClient, "a"));
  EXPECT_FALSE(count.try_add(Guest::kClient, "a"));
  EXPECT_TRUE(count.try_add(Guest::kProxy, "a"));
  EXPECT_FALSE(count.try_add(Guest::kProxy, "p"));
  EXPECT_FALSE(count.try_add(Guest::kClient, "b"));
  EXPECT_TRUE(count.try_add(Guest::kControl, "local"));
  EXPECT_EQ(count.total(), 4u);
  count.remove(Guest::kControl, "local");
  count.remove(Guest::kClient, "a");
  EXPECT_TRUE(count.try_add(Guest::kClient, "a"));
  EXPECT_FALSE(count.wait_until_none(std::chrono::steady_clock::now()));
  count.remove(Guest::kProxy, "a");
  count.remove(Guest::kClient, "a");
  count.remove(Guest::kClient, "a");
  EXPECT_TRUE(count.wait_until_none(std::chrono::steady_clock::now()));
}

}  // namespace
}  // namespace fairlead::http
