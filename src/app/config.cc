#include "app/config.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "app/schema_fields.h"
#include "app/yaml_fields.h"
#include "base/limits.h"
#include "http/proxies.h"
#include "http/server.h"
#include "sources/source.h"

namespace fairlead::app {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;
constexpr std::size_t kSecretBytesMax = 4096;
constexpr Duration kSessionLifetimeMax = Duration::days(90);

const Form kText;
const Form kBool{Form::Type::kBool, {"true", "false"}, {}};
const Form kDuration{Form::Type::kText, {}, "^[0-9]+[smhdw]$"};

Form one_of(std::vector<std::string> words) {
  return {Form::Type::kText, std::move(words), {}};
}

struct Reading {
  Config& config;
  const Environment& environment;
  std::filesystem::path folder;  ///< Of the file.
};

std::filesystem::path beside(const Reading& reading, std::string_view path) {
  return reading.folder / std::filesystem::path(path);
}

Fields::Set into(std::string& target) {
  return [&target](std::string_view text) -> Status {
    target = text;
    return {};
  };
}

Fields::Set into(bool& target) {
  return [&target](std::string_view text) -> Status {
    target = text == "true";
    return {};
  };
}

Fields::Set into(Duration& target) {
  return [&target](std::string_view text) -> Status {
    ASSIGN_OR_RETURN(target, parse_duration(text));
    return {};
  };
}

template <class Named>
std::vector<Named> names_of(const std::vector<std::string>& texts) {
  std::vector<Named> names;
  for (const std::string& text : texts) names.emplace_back(text);
  return names;
}

Fields::Set into_path(const Reading& reading, std::filesystem::path& target) {
  return [&reading, &target](std::string_view text) -> Status {
    if (text.empty()) return fail(ErrorCode::kInvalid, "write a path, or leave the line out");
    target = beside(reading, text);
    return {};
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Secrets

Result<std::string> checked_secret(std::string secret) {
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return fail(ErrorCode::kInvalid, "the secret is empty: write the one that you gave the tool");
  if (secret.size() > kSecretBytesMax)
    return fail(ErrorCode::kInvalid, "the secret is longer than {} bytes", kSecretBytesMax);
  return secret;
}

Result<std::string> secret_in_environment(const Environment& environment, const std::string& name) {
  const auto value = environment(name);
  if (!value) {
    return fail(ErrorCode::kInvalid, "the environment variable {} is not set: set it, or leave this secret out", name);
  }
  return checked_secret(*value);
}

Result<std::string> secret_in_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kSecretBytesMax + 3, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.gcount() == 0 && !in.eof()) {
    return fail(ErrorCode::kInvalid, "the file {} cannot be read: create it, or leave this secret out", path.string());
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return checked_secret(std::move(text));
}

void describe_secrets(Fields& fields, const Reading& reading, std::vector<std::string>& secrets) {
  fields.sections("secrets", "Every one of these secrets is accepted, so that one can be changed without a gap.",
                  [&](Fields& secret) {
                    int given = 0;
                    const auto add = [&](Result<std::string> text) -> Status {
                      ++given;
                      ASSIGN_OR_RETURN(std::string known, std::move(text));
                      secrets.push_back(std::move(known));
                      return {};
                    };
                    secret.value("value", "The secret itself.", kText,
                                 [&](std::string_view text) { return add(checked_secret(std::string(text))); });
                    secret.value("env", "The name of the environment variable that holds it.", kText,
                                 [&](std::string_view name) {
                                   return add(secret_in_environment(reading.environment, std::string(name)));
                                 });
                    secret.value("file", "The file that holds it; line breaks at its end do not count.", kText,
                                 [&](std::string_view path) { return add(secret_in_file(beside(reading, path))); });
                    if (given != 1) secret.problem("a secret needs exactly one of value, env, file");
                  });
}

std::vector<std::string> hook_sources() {
  std::vector<std::string> names;
  for (const sources::Source* source : sources::all_sources()) {
    if (source->name().text != "events") names.push_back(source->name().text);
  }
  return names;
}

void describe_source(Fields& fields, const std::string& source, const Reading& reading) {
  const auto keep = [&](std::string name, std::vector<std::string> secrets) {
    if (!secrets.empty()) reading.config.hooks.push_back({source, std::move(name), std::move(secrets)});
  };
  std::vector<std::string> secrets;
  describe_secrets(fields, reading, secrets);
  keep({}, std::move(secrets));
  fields.named_sections("hooks", "Further addresses /hooks/SOURCE/NAME with secrets of their own.",
                        [&](const std::string& name, Fields& hook) {
                          std::vector<std::string> own;
                          describe_secrets(hook, reading, own);
                          if (own.empty())
                            hook.problem(fmt::format("the hook '{}' has no secret and would refuse everything", name));
                          keep(name, std::move(own));
                        });
}

// ---------------------------------------------------------------------------------------------------------------------
// Sections

void describe_server(Fields& fields, const Reading& reading) {
  Config& config = reading.config;
  fields.value("data", "The folder with the databases. Default: fairlead-data.", kText,
               into_path(reading, config.data));
  fields.values("listen", "Addresses to listen on. Default: 127.0.0.1:8080; port 0 takes a free one.", config.listen,
                [](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN([[maybe_unused]] const http::Endpoint endpoint, http::parse_endpoint(text));
                  return {};
                });
  fields.value("store",
               "Where data is kept: sqlite, in the data folder, or postgres://USER@HOST/DATABASE. Default: sqlite. An "
               "address with a password belongs into the environment variable FAIRLEAD_STORE.",
               Form{Form::Type::kText, {}, "^(sqlite|postgres(ql)?://.+)$"}, into(config.store));
  fields.section("spool", "What keeps deliveries in the data folder while PostgreSQL is away.", [&](Fields& spool) {
    spool.value(
        "max_bytes",
        "How much it may hold, such as 512MiB or 4GiB; then deliveries are answered 503. 0MiB: nothing is kept. "
        "Default: 1GiB.",
        Form{Form::Type::kText, {}, "^[0-9]{1,6}(MiB|GiB)$"}, [&](std::string_view text) -> Status {
          const bool gibibytes = text.ends_with("GiB");
          std::from_chars(text.data(), text.data() + text.size(), config.spool_bytes_max);
          config.spool_bytes_max <<= gibibytes ? 30 : 20;
          return {};
        });
  });
  fields.section("tls", "Serves https.", [&](Fields& tls) {
    tls.value("certificate", "The certificate chain, a PEM file.", kText, into_path(reading, config.tls_certificate));
    tls.value("key", "Its private key, a PEM file.", kText, into_path(reading, config.tls_key));
    if (config.tls_certificate.empty() != config.tls_key.empty()) tls.problem("tls needs both certificate and key");
  });
  fields.value(
      "base_path", "The path under which a proxy shows Fairlead, such as /fairlead.",
      Form{Form::Type::kText, {}, "^(/[A-Za-z0-9._~-]+)+$"}, [&](std::string_view text) -> Status {
        constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-/";
        const bool wrong = !text.starts_with('/') || text.ends_with('/') || text.find("//") != std::string_view::npos ||
                           text.find_first_not_of(kAllowed) != std::string_view::npos;
        if (wrong) return fail(ErrorCode::kInvalid, "'{}' is no base path: write it as /fairlead", text);
        config.base_path = text;
        return {};
      });
  fields.values("trusted_proxies", "Addresses or networks of proxies whose X-Forwarded headers count.",
                config.trusted_proxies, [](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN([[maybe_unused]] const auto proxies,
                                   http::TrustedProxies::parse({std::string(text)}));
                  return {};
                });
}

void describe_git(Fields& fields, Config& config) {
  fields.section("git", "What `import git` may fetch.", [&](Fields& git) {
    git.values("hosts_allowed", "Hosts inside of this network that may be asked all the same.",
               config.git.hosts_allowed);
    std::vector<std::string> schemes;
    git.values("schemes", "Ways to fetch. Default: https.", schemes, [](std::string_view text) -> Status {
      if (text == "https" || text == "http") return {};
      return fail(ErrorCode::kInvalid, "'{}' is no way to fetch: write https or http", text);
    });
    if (!schemes.empty()) config.git.schemes = schemes;
  });
}

void describe_access(Fields& fields, Config& config) {
  fields.section("access", "Who may do what, and how long a login lasts.", [&](Fields& access) {
    access.value("anonymous", "What anybody may do. Default: none.", one_of({"none", "viewer", "operator"}),
                 [&](std::string_view text) -> Status {
                   ASSIGN_OR_RETURN(config.anonymous, api::parse_anonymous_access(text));
                   return {};
                 });
    access.values("anonymous_hosts", "Host names beside loopback under which anonymous viewers are let in.",
                  config.anonymous_hosts);
    access.value("metrics", "Whether /metrics needs a token. Default: open.", one_of({"open", "token"}),
                 [&](std::string_view text) -> Status {
                   ASSIGN_OR_RETURN(config.metrics, api::parse_metrics_access(text));
                   return {};
                 });
    access.value("session_idle", "How long a login lasts without a request. Default: 12h.", kDuration,
                 into(config.sessions.idle));
    access.value("session_lifetime", "How long a login lasts in any case. Default: 7d.", kDuration,
                 [&](std::string_view text) -> Status {
                   ASSIGN_OR_RETURN(config.sessions.lifetime, parse_duration(text));
                   if (config.sessions.lifetime <= kSessionLifetimeMax) return {};
                   return fail(ErrorCode::kInvalid, "a login lasts at most 90d");
                 });
  });
}

Result<DeploymentVia> parse_deployments_from(std::string_view text) {
  if (text == "deployments") return DeploymentVia::kDeployment;
  if (text == "releases") return DeploymentVia::kRelease;
  if (text == "tags") return DeploymentVia::kTag;
  if (text == "runs") return DeploymentVia::kRun;
  return fail(ErrorCode::kInvalid, "write deployments, releases, tags or runs");
}

void describe_services(Fields& fields, Config& config) {
  fields.named_sections(
      "services", "Services by name. One without a rule is called after its repository.",
      [&](const std::string& name, Fields& service) {
        Policy::ServiceRule rule;
        rule.service = ServiceName{name};
        service.values("repositories", "Repositories that belong to it, such as github.com/acme/shop-*.",
                       rule.repositories);
        service.value("deployments_from", "What counts as its deployment. Default: deployments.",
                      one_of({"deployments", "releases", "tags", "runs"}), [&](std::string_view text) -> Status {
                        ASSIGN_OR_RETURN(rule.deployments_from, parse_deployments_from(text));
                        return {};
                      });
        std::vector<std::string> production;
        service.values("production", "Its production environments, by their exact names.", production);
        rule.production = names_of<EnvironmentName>(production);
        if (name.size() > limits::kNameBytesMax) service.problem("the service's name is too long");
        config.policy.services.push_back(std::move(rule));
      });
  fields.section("environments", "What all services share.", [&](Fields& environments) {
    environments.values("production", "Names of production environments, such as prod-*. Default: by their words.",
                        config.policy.production_environments);
  });
  fields.named_sections("teams", "Teams by name.", [&](const std::string& name, Fields& team) {
    std::vector<std::string> services;
    team.values("services", "The team's services.", services);
    config.teams[TeamName{name}] = names_of<ServiceName>(services);
  });
}

void describe_metrics(Fields& fields, Config& config) {
  Policy& policy = config.policy;
  fields.value("profile", "The definitions of the metrics. Default: fairlead.", one_of({"fairlead"}),
               into(config.profile));
  fields.value("time_zone", "Where days begin and end, such as Europe/Berlin. Default: UTC.", kText,
               [&](std::string_view text) -> Status {
                 ASSIGN_OR_RETURN(policy.zone, TimeZone::named(text));
                 return {};
               });
  fields.value("attribution_window", "How long after a deployment an incident may be its fault. Default: 24h.",
               kDuration, into(policy.attribution_window));
  fields.value("revert_window", "How long after a deployment a revert says that it failed. Default: 30d.", kDuration,
               into(policy.revert_window));
  fields.values("bots", "Logins that are no people, beside those that end with [bot].", policy.bots);
  fields.value("exclude_bot_changes", "Leaves changes of bots out of the metrics. Default: false.", kBool,
               into(policy.exclude_bot_changes));
  fields.values("incident_labels", "Labels that make an issue an incident. Default: incident.", policy.incident_labels);
  fields.values("hotfix_labels", "Labels that make a change a hotfix. Default: hotfix.", policy.hotfix_labels);
  fields.values("hotfix_branches", "Branches whose deployments are hotfixes. Default: hotfix/*.",
                policy.hotfix_branches);
}

void describe_sources(Fields& fields, const Reading& reading) {
  fields.section("sources", "The tools that send deliveries, and their secrets.", [&](Fields& tools) {
    for (const std::string& source : hook_sources()) {
      tools.section(source, fmt::format("Deliveries to /hooks/{}.", source),
                    [&](Fields& tool) { describe_source(tool, source, reading); });
    }
  });
}

void describe(Fields& fields, const Reading& reading) {
  describe_server(fields, reading);
  describe_access(fields, reading.config);
  describe_git(fields, reading.config);
  describe_services(fields, reading.config);
  describe_metrics(fields, reading.config);
  describe_sources(fields, reading);
}

// ---------------------------------------------------------------------------------------------------------------------
// File and environment

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail(ErrorCode::kInvalid, "{} is a folder: name the configuration file in it", path.string());
  }
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return fail(ErrorCode::kInvalid, "the configuration file {} cannot be read: check its name and its mode",
                path.string());
  std::string text(kFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kFileBytesMax) {
    return fail(ErrorCode::kInvalid, "the configuration file {} is larger than {} bytes", path.string(), kFileBytesMax);
  }
  return text;
}

Status add_secrets_of_environment(Config& config, const Environment& environment) {
  for (const std::string& source : hook_sources()) {
    std::string name = "FAIRLEAD_" + source + "_SECRET";
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    std::ranges::replace(name, '-', '_');
    if (!environment(name)) continue;
    auto secret = secret_in_environment(environment, name);
    if (!secret) return fail(ErrorCode::kInvalid, "{}: {}", name, secret.error().message);
    const auto is_main = [&](const api::HookOptions& hook) { return hook.source == source && hook.name.empty(); };
    auto hook = std::ranges::find_if(config.hooks, is_main);
    if (hook == config.hooks.end()) hook = config.hooks.insert(hook, api::HookOptions{source, {}, {}});
    hook->secrets.push_back(std::move(*secret));
  }
  return {};
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (!value) return std::nullopt;
    return std::string(value);
  };
}

Result<Config> load_config(const std::filesystem::path& file, const Environment& environment) {
  Config config;
  if (!file.empty()) {
    ASSIGN_OR_RETURN(const std::string text, read_file(file));
    const Reading reading{config, environment, file.parent_path()};
    const auto problems = read_yaml(text, [&](Fields& fields) { describe(fields, reading); });
    std::string message;
    for (const FileProblem& problem : problems) {
      if (!message.empty()) message += '\n';
      fmt::format_to(std::back_inserter(message), "{}:{}:{}: {}", file.string(), problem.line, problem.column,
                     problem.message);
    }
    if (!message.empty()) return std::unexpected(Error{ErrorCode::kInvalid, std::move(message)});
  }
  RETURN_IF_ERROR(add_secrets_of_environment(config, environment));
  return config;
}

std::string config_schema() {
  Config unused;
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  const Reading reading{unused, nothing, {}};
  return json_schema("fairlead.yaml", [&](Fields& fields) { describe(fields, reading); });
}

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::int64_t kAmountMax = 1'000'000;
  std::int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  const std::string_view unit = error == std::errc{} ? text.substr(static_cast<std::size_t>(end - text.data())) : "";
  if (amount > 0 && amount <= kAmountMax) {
    if (unit == "s") return Duration::seconds(amount);
    if (unit == "m") return Duration::seconds(amount * 60);
    if (unit == "h") return Duration::hours(amount);
    if (unit == "d") return Duration::days(amount);
    if (unit == "w") return Duration::days(amount * 7);
  }
  return fail(ErrorCode::kInvalid, "'{}' is no length of time: write it as 24h or 30d (units s, m, h, d, w)",
              text.substr(0, 64));
}

}  // namespace fairlead::app
