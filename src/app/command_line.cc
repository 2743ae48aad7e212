#include "app/command_line.h"

#include <CLI/StringTools.hpp>
#include <cstdio>

#include "app/stores.h"
#include "http/server.h"

namespace fairlead::app {

Outcome outcome_of(Status status) {
  if (status) return {};
  return std::unexpected(Failure{std::move(status).error()});
}

std::unexpected<Failure> wrong_usage(Error error) {
  return std::unexpected(Failure{std::move(error), kWrongUsage});
}

/// Not the parser's own support for variables: that would ask for them on behalf of every command, not only the one
/// that runs.
CommandLine with_environment(CommandLine line) {
  const Environment environment = process_environment();
  const auto fill = [&](std::string& option, const char* variable) {
    if (option.empty()) option = environment(variable).value_or("");
  };
  fill(line.data, "FAIRLEAD_DATA");
  fill(line.config, "FAIRLEAD_CONFIG");
  fill(line.store, "FAIRLEAD_STORE");
  if (line.listen.empty()) line.listen = CLI::detail::split(environment("FAIRLEAD_LISTEN").value_or(""), ',');
  std::erase(line.listen, "");
  return line;
}

std::expected<Config, Failure> merged_config(const CommandLine& line) {
  auto config = load_config(line.config, process_environment());
  if (!config) return wrong_usage(std::move(config).error());
  if (!line.data.empty()) config->data = line.data;
  for (const std::string& address : line.listen) {
    if (const auto endpoint = http::parse_endpoint(address); !endpoint) return wrong_usage(endpoint.error());
  }
  if (!line.listen.empty()) config->listen = line.listen;
  if (!line.store.empty()) config->store = line.store;
  if (!line.tls_certificate.empty()) config->tls_certificate = line.tls_certificate;
  if (!line.tls_key.empty()) config->tls_key = line.tls_key;
  return std::move(*config);
}

std::expected<Config, Failure> effective_config(const CommandLine& line) {
  auto config = merged_config(line);
  if (!config) return config;
  if (Status store = check_store(config->store); !store) return wrong_usage(std::move(store).error());
  return config;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Outcome print_told(const Result<std::string>& told) {
  if (!told) return std::unexpected(Failure{told.error()});
  print(*told);
  return {};
}

}  // namespace fairlead::app
