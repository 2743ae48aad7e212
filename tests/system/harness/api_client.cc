#include "system/harness/api_client.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <stdexcept>

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
  const HttpResponse response = get(target);
  if (response.status != 200) {
    throw std::runtime_error(fmt::format("GET {}: {} {}", target, response.status, response.body));
  }
  return boost::json::parse(response.body);
}

void ApiClient::await_projection(const std::string& sequence) {
  std::string lag;
  do {  // each request waits up to two seconds by itself
    const HttpResponse response = connection_.request(
        "GET", "/api/v1/deployments?limit=1", {"Authorization: Bearer " + token_, "Fairlead-After: " + sequence});
    if (response.status != 200) throw std::runtime_error(response.body);
    lag = response.header("fairlead-lag");
  } while (!lag.empty());
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
