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

  /// The answer's JSON, once it includes all that was written with this token; throws unless the status is 200.
  boost::json::value get_json(const std::string& target);
  /// Returns once everything up to `sequence` (of a `Fairlead-Sequence`) is projected and linked.
  void await_projection(const std::string& sequence);
  /// Returns once everything that the journal holds by now is projected and linked: posts a deployment of the service
  /// `other` into each of its lanes, which stands behind all that is there.
  void await_everything(std::size_t lanes);
  /// Returns once nothing waits in the server's spool.
  void await_empty_spool();
  /// The items of all pages of a list.
  std::vector<boost::json::object> list(const std::string& target);

 private:
  HttpResponse get_fresh(const std::string& target, const std::vector<std::string>& more_headers);

  Connection connection_;
  std::string token_;
};

/// One successful production deployment in our own format.
std::string deployment_event(const std::string& id, const std::string& service = "api");

}  // namespace fairlead::system_test
