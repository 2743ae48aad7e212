#include "http/message.h"

#include <gtest/gtest.h>

#include <optional>

namespace fairlead::http {
namespace {

TEST(Message, fields_and_parameters_are_found_by_name_and_the_first_wins) {
  Request request;
  request.headers = {{"accept", "a"}, {"accept", "b"}};
  request.query = {{"q", ""}, {"q", "2"}};
  EXPECT_EQ(request.header("accept"), "a");
  EXPECT_EQ(request.parameter("q"), "");
  EXPECT_FALSE(request.header("host"));
  EXPECT_FALSE(request.parameter("Q"));
}

TEST(Message, hooks_sign_the_bytes_on_the_wire) {
  Request request;
  request.body = "decoded";
  EXPECT_EQ(request.wire_body(), "decoded");
  request.raw_body = "coded";
  EXPECT_EQ(request.wire_body(), "coded");
}

TEST(Message, a_problem_is_json_whatever_its_detail_says) {
  const Response response = problem(422, "Bad \"event\"", "line\nbreak");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.headers, (Fields{{"Content-Type", "application/problem+json"}}));
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Bad \"event\"","status":422,"detail":"line\nbreak"})");
}

struct Sent {
  int times = 0;
  int status = 0;
  Responder::Send send() {
    return [this](const Response& response) {
      ++times;
      status = response.status;
    };
  }
};

TEST(Responder, an_answer_is_sent_once) {
  Sent sent;
  {
    Responder respond(sent.send());
    respond(Response::no_content());
  }
  EXPECT_EQ(sent.times, 1);
  EXPECT_EQ(sent.status, 204);
}

TEST(Responder, dropped_without_an_answer_it_answers_500) {
  Sent sent;
  { const Responder respond(sent.send()); }
  EXPECT_EQ(sent.times, 1);
  EXPECT_EQ(sent.status, 500);
}

TEST(Responder, moving_moves_the_duty) {
  Sent sent;
  {
    Responder first(sent.send());
    Responder second(std::move(first));
    second(Response::json(200, "{}"));
  }
  EXPECT_EQ(sent.times, 1);
  EXPECT_EQ(sent.status, 200);
}

TEST(Responder, assigning_over_one_that_owes_an_answer_answers_500) {
  Sent old;
  Sent fresh;
  Responder respond(old.send());
  respond = Responder(fresh.send());
  EXPECT_EQ(old.status, 500);
  EXPECT_EQ(fresh.times, 0);
  respond(Response::no_content());
  EXPECT_EQ(fresh.status, 204);
}

TEST(ResponderDeathTest, answering_twice_is_our_mistake) {
  Sent sent;
  Responder respond(sent.send());
  respond(Response::no_content());
  EXPECT_DEATH(respond(Response::no_content()), "send_");
}

}  // namespace
}  // namespace fairlead::http
