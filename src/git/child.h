#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fairlead::git {

/// What one run of git may use. Past any of these it is killed with everything that it started.
struct ChildLimits {
  int timeout_ms = 60 * 60 * 1000;
  std::uint64_t output_bytes_max = 64ull * 1024 * 1024 * 1024;  ///< Of standard output.
  std::uint64_t file_bytes_max = 0;                             ///< Of each file that it writes; 0: it writes none.
  std::uint64_t memory_bytes_max = 0;                           ///< Address space; 0: the system's own limit.
};

struct Command {
  std::vector<std::string> arguments;  ///< After `git`. Never goes through a shell.
  std::string input;                   ///< Its standard input.
  ChildLimits limits;
  /// The only protocol that it may speak, whatever any configuration says.
  std::string protocol = "none";
  std::stop_token stop = {};  ///< Ends it at once.
  /// The only place where it may write, as far as the kernel can hold it to that (git/write_guard.h). Empty: nowhere.
  std::filesystem::path writable = {};
};

/// Gets standard output piece by piece; an error of its own ends git and becomes the result.
using OutputSink = std::function<Status(std::string_view piece)>;

/// Runs git to its end in an environment that nothing of this machine's or this user's configuration reaches: no
/// system or global configuration, no HOME, no prompt, no credential helper, no lazy fetches, no protocol but the
/// command's, and no program that a repository's own configuration names. It and its children are one process group,
/// which ends with it, and with us.
///
/// kUnavailable: there is no git, or it was told to stop; kTimeout, kLimit: see ChildLimits; kIo: git failed, with the
/// end of what it said.
Status run_git(const Command& command, const OutputSink& sink);

/// Standard output as a whole; for short answers (at most 64 MiB).
Result<std::string> git_output(Command command);

}  // namespace fairlead::git
