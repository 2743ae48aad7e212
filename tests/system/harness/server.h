#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "system/harness/process.h"

namespace fairlead::system_test {

/// The program under test, as the build made it.
std::string fairlead_binary();

/// The command and the environment of `fairlead serve` on a free port of 127.0.0.1.
std::vector<std::string> serve_command(const std::filesystem::path& data,
                                       const std::vector<std::string>& more_arguments = {});
ProcessOptions serve_options();

/// `fairlead ARGUMENTS…`, run to its end.
Finished fairlead(std::vector<std::string> arguments, const ProcessOptions& options = {});

/// A running server. Killed (-9) when destroyed, unless it was stopped before.
class Server {
 public:
  /// Starts it and returns once it listens; throws with its own words if it does not come to that.
  explicit Server(const std::filesystem::path& data, const std::vector<std::string>& more_arguments = {});

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Process& process() { return *process_; }

  void kill();  ///< kill -9, and waits for the end.
  /// SIGTERM; returns the exit code, or throws if it still runs after `timeout`.
  int stop(Milliseconds timeout = Milliseconds(10'000));

 private:
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
};

/// A new token of the data folder, whether its server runs or not.
std::string make_token(const std::filesystem::path& data, const std::string& role,
                       const std::vector<std::string>& more_arguments = {});

}  // namespace fairlead::system_test
