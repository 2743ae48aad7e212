#pragma once

// The real program as a child process, for tests of what users type.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace fairlead::app::testing {

struct Finished {
  int code = -1;  ///< The exit code, or 128 + the signal that ended it.
  std::string out;
  std::string err;
};

/// A folder that goes with its owner.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Runs `fairlead ARGUMENTS` to its end. `variables` (NAME=value) replace the environment's FAIRLEAD_ variables.
Finished fairlead(const std::vector<std::string>& arguments, const std::string& input = {},
                  const std::vector<std::string>& variables = {});

/// `fairlead serve`, started and listening on a free port of 127.0.0.1. Killed when it is still there at the end.
class RunningServer {
 public:
  explicit RunningServer(const std::filesystem::path& data, std::vector<std::string> more = {},
                         const std::vector<std::string>& variables = {});
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  /// Standard output so far; reads on until `text` is in it.
  const std::string& out_until(const std::string& text);
  /// Sends the signal and returns the exit code.
  int stop(int signal);

  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer request(const std::string& method, const std::string& target, const std::string& token = {},
                 const std::string& body = {}) const;

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int port_ = 0;
  std::string text_;
};

}  // namespace fairlead::app::testing
