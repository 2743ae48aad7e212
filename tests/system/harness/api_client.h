#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "system/harness/connection.h"

namespace fairlead::system_test {

/// What a client of the API does, with one credential over one keep-alive connection.
class ApiClient {
 public:
  ApiClient(std::uint16_t port, std::string token) : connection_(port), token_(std::move(token)) {}

  HttpResponse get(const std::string& target);
  HttpResponse post_events(std::string_view body, const std::string& idempotency_key = {},
                           std::string_view content_type = "application/json");

  /// The answer's JSON; throws unless the status is 200.
  boost::json::value get_json(const std::string& target);
  /// Returns once everything up to `sequence` (of a `Fairlead-Sequence`) is projected and linked.
  void await_projection(const std::string& sequence);
  /// The items of all pages of a list.
  std::vector<boost::json::object> list(const std::string& target);

 private:
  Connection connection_;
  std::string token_;
};

/// One successful production deployment in our own format.
std::string deployment_event(const std::string& id, const std::string& service = "api");

}  // namespace fairlead::system_test
