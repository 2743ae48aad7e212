#include "system/harness/api_client.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <map>
#include <random>
#include <stdexcept>

#include "engine/testing/wait_until.h"

namespace fairlead::system_test {

HttpResponse ApiClient::get(const std::string& target) {
  return connection_.request("GET", target, {"Authorization: Bearer " + token_});
}

HttpResponse ApiClient::post_events(std::string_view body, const std::string& idempotency_key,
                                    std::string_view content_type) {
  std::vector<std::string> headers = {"Authorization: Bearer " + token_, fmt::format("Content-Type: {}", content_type)};
  if (!idempotency_key.empty()) headers.push_back("Idempotency-Key: " + idempotency_key);
  return connection_.request("POST", "/api/v1/events", headers, body);
}

boost::json::value ApiClient::get_json(const std::string& target) {
  return boost::json::parse(get_fresh(target, {}).body);
}

/// Each request waits up to two seconds by itself, and then says that it is late.
HttpResponse ApiClient::get_fresh(const std::string& target, const std::vector<std::string>& more_headers) {
  std::vector<std::string> headers = {"Authorization: Bearer " + token_};
  headers.insert(headers.end(), more_headers.begin(), more_headers.end());
  for (;;) {
    HttpResponse response = connection_.request("GET", target, headers);
    if (response.status != 200) {
      throw std::runtime_error(fmt::format("GET {}: {} {}", target, response.status, response.body));
    }
    if (response.header("fairlead-lag").empty()) return response;
  }
}

void ApiClient::await_projection(const std::string& sequence) {
  get_fresh("/api/v1/deployments?limit=1", {"Fairlead-After: " + sequence});
}

void ApiClient::await_everything(std::size_t lanes) {
  std::map<std::string, std::string> behind_all;  // by lane
  std::random_device random;
  while (behind_all.size() < lanes) {
    const std::string probe = deployment_event(fmt::format("probe-{:x}{:x}", random(), random()), "other");
    const std::string sequence = post_events(probe).header("fairlead-sequence");
    if (sequence.empty()) throw std::runtime_error("a delivery that tells where everything stands was not stored");
    const auto dot = sequence.find('.');
    behind_all[dot == std::string::npos ? "0" : sequence.substr(0, dot)] = sequence;
  }
  for (const auto& [lane, sequence] : behind_all) await_projection(sequence);
}

void ApiClient::await_empty_spool() {
  engine::testing::wait_until([&] {
    const std::string metrics = get("/metrics").body;
    return metrics.find("\nfairlead_spool_rows ") == metrics.find("\nfairlead_spool_rows 0\n");  // or there is none
  });
}

std::vector<boost::json::object> ApiClient::list(const std::string& target) {
  std::vector<boost::json::object> items;
  std::string cursor;
  do {
    const char separator = target.find('?') == std::string::npos ? '?' : '&';
    const auto page = get_json(
        fmt::format("{}{}limit=1000{}", target, separator, cursor.empty() ? std::string() : "&cursor=" + cursor));
    for (const auto& item : page.at("items").as_array()) items.push_back(item.as_object());
    const auto& next = page.at("next_cursor");
    cursor = next.is_null() ? std::string() : std::string(next.as_string());
  } while (!cursor.empty());
  return items;
}

std::string deployment_event(const std::string& id, const std::string& service) {
  return fmt::format(
      R"({{"type":"deployment","id":"{}","service":"{}","environment":"production","version":"1","status":"success",)"
      R"("started_at":"2026-01-05T09:58:00Z","finished_at":"2026-01-05T10:00:00Z"}})",
      id, service);
}

}  // namespace fairlead::system_test
