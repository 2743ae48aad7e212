// Runs testdata/*.txt against a live server, byte for byte. A file is a list of cases:
//
//   === name
//   > bytes to send, with the escapes \r \n \t \0 \\ \xNN; the line's own end is not sent
//   >N the same bytes N times
//   < 200 "its body" 404 close      the answers in order, each body optional, then `close` or `open`
//
// `open` is proved by one more request on the same connection, `close` by the end of the connection, so an answer to
// bytes that should never have been taken for a request fails the case in both.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "http/testing/test_server.h"

namespace fairlead::http::testing {
namespace {

struct Expected {
  int status;
  std::optional<std::string> body;
};

struct Case {
  std::string file;
  std::string name;
  std::string request;
  std::vector<Expected> answers;
  bool closes = false;
};

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char kind = text.at(++i);
    if (kind == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += kind == 'r' ? '\r' : kind == 'n' ? '\n' : kind == 't' ? '\t' : kind == '0' ? '\0' : kind;
    }
  }
  return out;
}

void read_request_line(std::string_view line, Case& into) {
  std::string_view bytes = line.substr(1);
  std::size_t times = 1;
  if (!bytes.starts_with(' ')) {
    times = std::stoul(std::string(cut(bytes, ' ')));
  } else {
    bytes.remove_prefix(1);
  }
  const std::string once = unescape(bytes);
  for (std::size_t i = 0; i < times; ++i) into.request += once;
}

void read_expectation(std::string_view line, Case& into) {
  std::string_view rest = trim(line.substr(1));
  while (!rest.empty()) {
    if (rest.front() == '"') {
      rest.remove_prefix(1);
      into.answers.back().body = unescape(cut(rest, '"'));
    } else {
      const std::string_view word = cut(rest, ' ');
      if (word == "close") into.closes = true;
      if (word != "close" && word != "open") into.answers.push_back({std::stoi(std::string(word)), std::nullopt});
    }
    rest = trim(rest);
  }
}

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(FAIRLEAD_SOURCE_DIR "/src/http/testdata")) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("=== "))
        cases.push_back({.file = entry.path().stem(), .name = line.substr(4), .request = {}, .answers = {}});
      if (line.starts_with('>')) read_request_line(line, cases.back());
      if (line.starts_with('<')) read_expectation(line, cases.back());
    }
  }
  return cases;
}

void run(const Case& wire_case, const TestServer& server) {
  SCOPED_TRACE(wire_case.file + ": " + wire_case.name);
  ASSERT_FALSE(wire_case.answers.empty());
  RawClient client = server.client();
  ASSERT_TRUE(client.connected());
  client.send(wire_case.request);  // may be refused before the last byte
  for (const Expected& expected : wire_case.answers) {
    const auto answer = client.answer(wire_case.request.starts_with("HEAD"));
    ASSERT_TRUE(answer) << "no answer where " << expected.status << " was expected";
    EXPECT_EQ(answer->status, expected.status) << answer->body;
    EXPECT_EQ(answer->body, expected.body.value_or(answer->body));
    const bool last = &expected == &wire_case.answers.back();
    EXPECT_EQ(answer->header("connection") == "close", last && wire_case.closes);
  }
  if (wire_case.closes) {
    EXPECT_TRUE(client.closed());
  } else {
    ASSERT_TRUE(client.send(get("/probe")));
    const auto probe = client.answer();
    ASSERT_TRUE(probe) << "the connection was closed";
    EXPECT_EQ(probe->body, "ok");
  }
}

TEST(Wire, every_case_of_testdata_gets_its_answer) {
  const std::vector<Case> cases = read_cases();
  EXPECT_GE(cases.size(), 100u);
  const TestServer server;
  for (const Case& wire_case : cases) run(wire_case, server);
}

/// The same bytes in pieces as small as they can be must mean the same.
TEST(Wire, no_answer_depends_on_how_the_bytes_are_cut) {
  const TestServer server;
  for (const Case& wire_case : read_cases()) {
    if (wire_case.request.size() > 400) continue;
    SCOPED_TRACE(wire_case.file + ": " + wire_case.name);
    RawClient client = server.client();
    for (const char byte : wire_case.request) {
      if (!client.send(std::string_view(&byte, 1))) break;
    }
    for (const Expected& expected : wire_case.answers) {
      const auto answer = client.answer(wire_case.request.starts_with("HEAD"));
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, expected.status);
    }
  }
}

}  // namespace
}  // namespace fairlead::http::testing
