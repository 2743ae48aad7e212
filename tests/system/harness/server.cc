#include "system/harness/server.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <stdexcept>

namespace fairlead::system_test {

namespace {

constexpr std::string_view kListening = "listening on http://127.0.0.1:";
constexpr Milliseconds kStartTimeout{60'000};

}  // namespace

std::string fairlead_binary() {
  if (const char* binary = std::getenv("FAIRLEAD_BINARY")) return binary;
  return FAIRLEAD_DEFAULT_BINARY;
}

std::vector<std::string> serve_command(const std::filesystem::path& data,
                                       const std::vector<std::string>& more_arguments) {
  std::vector<std::string> command = {fairlead_binary(), "serve", "--data", data.string(), "--listen", "127.0.0.1:0"};
  command.insert(command.end(), more_arguments.begin(), more_arguments.end());
  return command;
}

ProcessOptions serve_options() {
  ProcessOptions options;
  // The sanitizer of a test build keeps freed memory for a while; with little of it a flat memory looks flat.
  if (!std::getenv("ASAN_OPTIONS")) options.environment.push_back("ASAN_OPTIONS=quarantine_size_mb=4");
  return options;
}

Finished fairlead(std::vector<std::string> arguments, const ProcessOptions& options) {
  arguments.insert(arguments.begin(), fairlead_binary());
  return run(std::move(arguments), Milliseconds(120'000), options);
}

Server::Server(const std::filesystem::path& data, const std::vector<std::string>& more_arguments) {
  process_ = std::make_unique<Process>(serve_command(data, more_arguments), serve_options());
  const auto has_port = [](const std::string& out) {
    const auto at = out.find(kListening);
    return at != std::string::npos && out.find('\n', at) != std::string::npos;
  };
  if (!process_->wait_for_out(has_port, kStartTimeout)) {
    throw std::runtime_error(fmt::format("the server does not listen: {}{}", process_->out(), process_->err()));
  }
  const std::string out = process_->out();
  port_ = static_cast<std::uint16_t>(std::stoul(out.substr(out.find(kListening) + kListening.size())));
}

void Server::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait(Milliseconds(30'000))) throw std::runtime_error("the server outlived kill -9");
}

int Server::stop(Milliseconds timeout) {
  process_->signal(SIGTERM);
  const auto code = process_->wait(timeout);
  if (!code) throw std::runtime_error(fmt::format("the server still runs {} ms after SIGTERM", timeout.count()));
  return *code;
}

std::string make_token(const std::filesystem::path& data, const std::string& role,
                       const std::vector<std::string>& more_arguments) {
  std::vector<std::string> command = {"token", "create", "--data", data.string(), "--role", role};
  command.insert(command.end(), more_arguments.begin(), more_arguments.end());
  const Finished result = fairlead(std::move(command));
  if (result.code != 0) throw std::runtime_error("no token: " + result.err);
  std::string token = result.out;
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return token;
}

}  // namespace fairlead::system_test
