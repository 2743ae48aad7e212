// What a hostile or broken client can send. Each input gets its answer and nothing else happens: the server stays up,
// what was stored stays stored, memory stays flat.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <boost/json/parse.hpp>
#include <set>

#include "system/harness/api_client.h"
#include "system/harness/on_each_store.h"

namespace fairlead::system_test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// A deployment with further members, for instance `,"future":[[1]]`.
std::string deployment_with(std::string_view id, std::string_view members) {
  return fmt::format(R"({{"type":"deployment","id":"{}","service":"api","environment":"production"{}}})", id, members);
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

struct BodyCase {
  std::string name;
  std::string body;
  int status;
  std::vector<std::string> headers = {};
};

std::vector<BodyCase> body_cases() {
  constexpr std::size_t kMiB = 1024 * 1024;
  const std::string valid = deployment_event("d");
  std::string many = "[" + valid;
  for (int i = 0; i < 10'000; ++i) many += ",\n" + valid;
  return {
      {"empty", "", 400},
      {"truncated", valid.substr(0, valid.size() / 2), 400},
      {"text", "hello", 400},
      {"number", "7", 422},
      {"two_documents", valid + valid, 400},
      {"nul_byte_in_a_string", deployment_with(std::string("a\0b", 3), ""), 400},
      {"nul_byte_between", valid + std::string("\0", 1), 400},
      {"invalid_utf8", deployment_with("a\xff", ""), 400},
      {"overlong_utf8", deployment_with("a\xc0\xaf", ""), 400},
      {"lone_surrogate", deployment_with("a\\ud800", ""), 400},
      {"unescaped_line_end", deployment_with("a\nb", ""), 400},
      {"depth_65", deployment_with("a", ",\"future\":" + nested(64)), 400},
      {"depth_100000", nested(100'000), 400},
      {"array_for_text", R"({"type":"deployment","id":"a","service":["api"],"environment":"production"})", 422},
      {"object_for_time", deployment_with("a", R"(,"status":"success","finished_at":{})"), 422},
      {"no_number", R"({"type":"change","repository":"github.com/acme/api"})", 422},
      {"unknown_type", R"({"type":"teleport","id":"a"})", 422},
      {"no_type", R"({"id":"a"})", 422},
      {"year_1015", deployment_with("a", R"(,"status":"success","finished_at":"1015-01-05T10:00:00Z")"), 422},
      {"year_9999", deployment_with("a", R"(,"status":"success","finished_at":"9999-01-05T10:00:00Z")"), 422},
      {"month_13", deployment_with("a", R"(,"status":"success","finished_at":"2026-13-05T10:00:00Z")"), 422},
      {"huge_number_for_time", deployment_with("a", R"(,"status":"success","finished_at":1e300)"), 422},
      {"name_of_513_bytes", deployment_with(std::string(513, 'a'), ""), 422},
      {"too_many_events", many + "]", 413},
      {"26_mib", std::string(26 * kMiB, ' '), 413},
      {"gzip_bomb", gzip(std::string(200 * kMiB, ' ')), 413, {"Content-Encoding: gzip"}},
      {"gzip_of_nothing_known", "no gzip at all", 400, {"Content-Encoding: gzip"}},
      {"gzip_cut_off", gzip(valid).substr(0, 20), 400, {"Content-Encoding: gzip"}},
      {"unknown_encoding", valid, 415, {"Content-Encoding: br"}},
  };
}

struct WireCase {
  std::string name;
  std::string bytes;
  int status;
};

std::string with_header(const std::string& header) {
  return "GET /healthz HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n";
}

std::string with_header_count(int count) {
  std::string request = "GET /healthz HTTP/1.1\r\nHost: a\r\n";
  for (int i = 1; i < count; ++i) request += fmt::format("X-{}: {}\r\n", i, i);
  return request + "\r\n";
}

/// Requests that two parsers could read in two ways, and requests past a limit.
std::vector<WireCase> wire_cases(const std::string& token) {
  const std::string post = "POST /api/v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token + "\r\n";
  return {
      {"headers_101", with_header_count(101), 431},
      {"header_of_17_kib", with_header("X-Long: " + std::string(17 * 1024, 'a')), 431},
      {"target_of_17_kib", "GET /" + std::string(17 * 1024, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
      {"te_and_cl", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"two_lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {"negative_length", post + "Content-Length: -1\r\n\r\n", 400},
      {"length_with_sign", post + "Content-Length: +5\r\n\r\nhello", 400},
      {"length_list", post + "Content-Length: 5, 6\r\n\r\nhello", 400},
      {"huge_length", post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {"te_unknown", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
      {"te_twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"bare_lf_after_the_request_line", "GET /healthz HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare_lf_in_headers", "GET /healthz HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n", 400},
      {"bare_cr", "GET /healthz HTTP/1.1\r\nHost: a\rX-A: b\r\n\r\n", 400},
      {"folded_header", with_header("X-A: b\r\n c"), 400},
      {"space_before_colon", with_header("X-A : b"), 400},
      {"no_colon", with_header("nonsense"), 400},
      {"nul_in_header", with_header(std::string("X-A: b\0c", 8)), 400},
      {"no_host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
      {"two_hosts", with_header("Host: b"), 400},
      {"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"garbage", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), 400},
      {"percent_encoding", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"path_upwards", "GET /api/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"percent_nul", "GET /healthz%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"chunk_size_garbage", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {"chunk_size_huge", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n", 400},
  };
}

class BadInput : public OnEachStore {
 protected:
  Server& server() { return server_; }
  ApiClient api() { return ApiClient(server_.port(), token_); }

  HttpResponse send(const BodyCase& input) {
    Connection connection(server_.port());
    std::vector<std::string> headers = {"Authorization: Bearer " + token_, "Content-Type: application/json"};
    headers.insert(headers.end(), input.headers.begin(), input.headers.end());
    // A body that is too large is refused before its end; what is still to be sent then meets a closed connection.
    connection.try_send(request_text("POST", "/api/v1/events", headers, input.body));
    return connection.receive();
  }

  HttpResponse send(const WireCase& input) {
    Connection connection(server_.port());
    connection.try_send(input.bytes);
    return connection.receive();
  }

  void expect_alive() {
    EXPECT_EQ(Connection(server_.port()).request("GET", "/healthz").status, 200);
    EXPECT_EQ(server_.process().wait(Milliseconds(0)), std::nullopt);
  }

  const std::string token_ = new_token("operator");
  Server server_ = serve();
};

TEST_P(BadInput, unusable_body_is_refused_with_its_reason_and_stores_nothing) {
  ASSERT_EQ(api().post_events(deployment_event("kept")).status, 200);
  for (const BodyCase& input : body_cases()) {
    SCOPED_TRACE(input.name);
    const HttpResponse response = send(input);
    EXPECT_EQ(response.status, input.status) << response.body.substr(0, 300);
    if (input.status != 422) {
      EXPECT_THAT(response.header("content-type"), HasSubstr("problem+json"));
    }
    EXPECT_NO_THROW(boost::json::parse(response.body)) << response.body.substr(0, 300);
    expect_alive();
  }
  EXPECT_EQ(api().list("/api/v1/deployments").size(), 1u);
}

TEST_P(BadInput, ambiguous_or_oversized_request_is_refused_and_the_connection_closed) {
  for (const WireCase& input : wire_cases(token_)) {
    SCOPED_TRACE(input.name);
    Connection connection(server().port());
    connection.try_send(input.bytes);
    EXPECT_EQ(connection.receive().status, input.status);
    // Whatever follows on this connection could be read as the rest of the bad request.
    EXPECT_TRUE(connection.closed_by_peer(Milliseconds(10'000)));
    expect_alive();
  }
  EXPECT_EQ(api().list("/api/v1/deployments").size(), 0u);
}

TEST_P(BadInput, what_is_only_unknown_is_kept) {
  const std::vector<std::string> bodies = {
      deployment_with("unknown_status", R"(,"status":"levitating","updated_at":"2026-01-05T10:00:00Z")"),
      deployment_with("future_fields", R"(,"status":"success","finished_at":"2026-01-05T10:00:00Z","orbit":{"a":[1]})"),
      deployment_with("depth_64", ",\"future\":" + nested(63)),
      deployment_with("name_of_512_bytes" + std::string(495, 'a'), ""),
  };
  for (const std::string& body : bodies) {
    const HttpResponse response = api().post_events(body);
    EXPECT_EQ(response.status, 200) << body.substr(0, 80) << response.body;
    EXPECT_EQ(boost::json::parse(response.body).at("accepted").as_int64(), 1);
  }
  EXPECT_EQ(api().list("/api/v1/deployments").size(), bodies.size());
  std::set<std::string> unknown;
  for (const auto& item : api().list("/api/v1/deployments?status=unknown")) {
    unknown.emplace(item.at("id").as_string());
  }
  EXPECT_THAT(unknown, ::testing::Contains("unknown_status"));
  EXPECT_THAT(unknown, ::testing::Not(::testing::Contains("future_fields")));
}

TEST_P(BadInput, invalid_event_of_a_batch_rejects_itself_alone) {
  const std::string body =
      fmt::format("[{},{},{}]", deployment_event("a"), R"({"type":"deployment"})", deployment_event("b"));
  const HttpResponse response = api().post_events(body);
  ASSERT_EQ(response.status, 200);
  const auto json = boost::json::parse(response.body);
  EXPECT_EQ(json.at("accepted").as_int64(), 2);
  ASSERT_EQ(json.at("rejected").as_array().size(), 1u);
  EXPECT_EQ(json.at("rejected").at(0).at("index").as_int64(), 1);
  EXPECT_FALSE(json.at("rejected").at(0).at("error").as_string().empty());
  EXPECT_EQ(api().list("/api/v1/deployments").size(), 2u);
}

TEST_P(BadInput, same_key_with_another_body_is_a_conflict) {
  ASSERT_EQ(api().post_events(deployment_event("a"), "one-key").status, 200);
  const HttpResponse conflict = api().post_events(deployment_event("b"), "one-key");
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(api().list("/api/v1/deployments").size(), 1u);
}

TEST_P(BadInput, hundred_headers_are_fine) {
  Connection connection(server().port());
  connection.send(with_header_count(100));
  EXPECT_EQ(connection.receive().status, 200);
}

TEST_P(BadInput, body_on_get_is_never_taken_for_the_next_request) {
  Connection connection(server().port());
  const std::string hidden = "DELETE /api/v1/tokens/x HTTP/1.1\r\nHost: a\r\n\r\n";
  connection.send(
      fmt::format("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", hidden.size(), hidden) +
      "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpResponse first = connection.receive();
  if (first.status != 200) {
    EXPECT_THAT(first.status, AnyOf(400, 413));
    EXPECT_TRUE(connection.closed_by_peer(Milliseconds(10'000)));
    return;
  }
  EXPECT_EQ(connection.receive().status, 200) << "the second request is GET /readyz, not what the body says";
}

TEST_P(BadInput, wrong_credentials_store_nothing) {
  ApiClient stranger(server().port(), "flt_not-a-token");
  EXPECT_EQ(stranger.post_events(deployment_event("a")).status, 401);
  ApiClient viewer(server().port(), new_token("viewer"));
  EXPECT_EQ(viewer.post_events(deployment_event("a")).status, 403);
  EXPECT_EQ(api().list("/api/v1/deployments").size(), 0u);
}

TEST_P(BadInput, memory_and_descriptors_stay_flat) {
  constexpr int kWarmUpRounds = 3;
  constexpr int kRounds = 10;
  constexpr std::size_t kGrowthKibMax = 32 * 1024;
  constexpr std::size_t kFilesGrowthMax = 8;
  const auto bodies = body_cases();
  const auto wires = wire_cases(token_);
  const auto round = [&] {
    for (const BodyCase& input : bodies) send(input);
    for (const WireCase& input : wires) send(input);
  };
  for (int i = 0; i < kWarmUpRounds; ++i) round();
  const std::size_t resident = server().process().resident_kib();
  const std::size_t files = server().process().open_files();
  for (int i = 0; i < kRounds; ++i) round();
  EXPECT_LE(server().process().resident_kib(), resident + kGrowthKibMax);
  EXPECT_LE(server().process().open_files(), files + kFilesGrowthMax);
}

INSTANTIATE_TEST_SUITE_P(On, BadInput, kEachStore, store_name);

}  // namespace
}  // namespace fairlead::system_test
