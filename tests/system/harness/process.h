#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace fairlead::system_test {

using Milliseconds = std::chrono::milliseconds;

struct ProcessOptions {
  std::vector<std::string> environment;  ///< `NAME=value`, on top of our own.
  std::string working_directory;
  /// As root, files are written whatever their mode says. This takes that privilege from the child.
  bool obey_file_modes = false;
};

/// A child process whose two outputs are collected while it runs. Killed (-9) when destroyed.
class Process {
 public:
  explicit Process(std::vector<std::string> command, const ProcessOptions& options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  /// The exit code, or 128 + the signal that ended it; nothing if it still runs after `timeout`.
  std::optional<int> wait(Milliseconds timeout);

  std::string out() const;
  std::string err() const;
  /// Waits until `found` says yes to the standard output so far. False after `timeout`, or when the output ended.
  bool wait_for_out(const std::function<bool(const std::string&)>& found, Milliseconds timeout);

  std::size_t resident_kib() const;
  std::size_t open_files() const;

 private:
  void collect(int out, int err);

  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> exit_code_;
  std::thread collector_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::string out_;
  std::string err_;
  bool ended_ = false;
};

struct Finished {
  int code;
  std::string out;
  std::string err;
};
/// Runs a command to its end; throws if it takes longer than `timeout`.
Finished run(std::vector<std::string> command, Milliseconds timeout = Milliseconds(120'000),
             const ProcessOptions& options = {});

}  // namespace fairlead::system_test
