#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fairlead::app {

/// Speaks HTTP to the server that holds a data folder, over its control socket. One request per connection: commands
/// make one or two. A library for this would cost every start of the server the loading of its thirty dependencies.
class ControlClient {
 public:
  static constexpr std::string_view kJson = "application/json";

  explicit ControlClient(std::filesystem::path data_folder) : data_folder_(std::move(data_folder)) {}

  /// The body of a 2xx answer. Another answer is an error with what its problem says; kUnavailable where nobody
  /// listens.
  Result<std::string> call(std::string_view method, std::string_view target, std::string_view body = {},
                           std::string_view content_type = kJson) const;

  /// Returns once everything that was sent over control sockets so far is projected and linked.
  Status await_projection() const;

  /// As `call`, for answers that may be large: pieces of the body as they come. An error of the sink ends it.
  using Sink = std::function<Status(std::string_view piece)>;
  Status stream(std::string_view method, std::string_view target, const Sink& sink) const;

 private:
  /// Whether the answer says that it lags behind what was written.
  Result<bool> exchange(std::string_view method, std::string_view target, std::string_view body,
                        std::string_view content_type, const Sink& sink) const;

  std::filesystem::path data_folder_;
};

}  // namespace fairlead::app
