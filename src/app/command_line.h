#pragma once

// What was typed, and what a command makes of it.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/git_commands.h"
#include "app/git_report.h"
#include "base/result.h"

namespace fairlead::app {

enum ExitCode : int { kDone = 0, kFailed = 1, kWrongUsage = 2 };

/// What the command line said. Empty: not given.
struct CommandLine {
  std::string data;
  std::string config;
  std::vector<std::string> listen;
  std::string store;
  std::string tls_certificate;
  std::string tls_key;
  std::string role;
  std::string name;
  std::string id;
  std::string format = "json";
  std::string file;
  bool only_verify = false;
  bool as_json = false;
  std::string from;
  std::string to;
  GitSource git;
  GitReport report;
};

/// What went wrong, and whether the command line or the configuration is to blame.
struct Failure {
  Error error;
  ExitCode code = kFailed;
};
using Outcome = std::expected<void, Failure>;

Outcome outcome_of(Status status);
std::unexpected<Failure> wrong_usage(Error error);

/// What the command line leaves open, the environment may say.
CommandLine with_environment(CommandLine line);

/// The configuration file with what the command line says over it. Its `store` is still to be read.
std::expected<Config, Failure> merged_config(const CommandLine& line);
/// The same, with a `store` that is one.
std::expected<Config, Failure> effective_config(const CommandLine& line);

/// To standard output, which belongs to the commands' results.
void print(std::string_view text);
/// The same with what a command says of itself, if it has done its work.
Outcome print_told(const Result<std::string>& told);

}  // namespace fairlead::app
