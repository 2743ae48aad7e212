#pragma once

#include <string>

#include "bench/load_generator.h"
#include "tests/system/harness/connection.h"
#include "tests/system/harness/server.h"
#include "tests/system/harness/temp_folder.h"

namespace fairlead::bench {

/// A server with a data folder and a token of its own, and what measurements need to know about it.
class FairleadUnderTest {
 public:
  /// `more_arguments` of `fairlead serve`.
  explicit FairleadUnderTest(std::vector<std::string> more_arguments = {})
      : more_arguments_(std::move(more_arguments)),
        server_(std::make_unique<system_test::Server>(data(), more_arguments_)),
        token_(system_test::make_token(data(), "operator")) {}

  std::filesystem::path data() const { return folder_.path() / "data"; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  const std::string& token() const { return token_; }
  system_test::Server& server() { return *server_; }

  system_test::HttpResponse get(const std::string& target, const std::vector<std::string>& more_headers = {}) {
    system_test::Connection connection(server_->port());
    std::vector<std::string> headers = {"Authorization: Bearer " + token_};
    headers.insert(headers.end(), more_headers.begin(), more_headers.end());
    return connection.request("GET", target, headers);
  }

  LoadResult load(const MakeRequest& make_request, LoadOptions options) {
    options.port = server_->port();
    options.first_number = next_number_;
    LoadResult result = generate_load(options, make_request);
    next_number_ += result.completed + static_cast<std::uint64_t>(options.connections) + 1;
    if (!result.last_sequence.empty()) last_sequence_ = result.last_sequence;
    return result;
  }

  /// Waits until everything that was acknowledged is projected and linked, so that the next measurement has the machine
  /// for itself.
  void drain() {
    if (last_sequence_.empty()) return;
    while (!get("/api/v1/deployments?limit=1", {"Fairlead-After: " + last_sequence_}).header("fairlead-lag").empty()) {
    }
  }

  /// One number of /metrics: the first sample of `name`.
  double gauge(const std::string& name) {
    const std::string text = get("/metrics").body;
    const auto at = text.find("\n" + name);
    if (at == std::string::npos) throw std::runtime_error("/metrics has no " + name);
    const auto line_end = text.find('\n', at + 1);
    return std::stod(text.substr(text.rfind(' ', line_end) + 1));
  }

  /// Again, on the same data, after server().stop().
  void start() { server_ = std::make_unique<system_test::Server>(data(), more_arguments_); }

 private:
  system_test::TempFolder folder_;
  const std::vector<std::string> more_arguments_;
  std::unique_ptr<system_test::Server> server_;
  const std::string token_;
  std::uint64_t next_number_ = 0;
  std::string last_sequence_;
};

}  // namespace fairlead::bench
