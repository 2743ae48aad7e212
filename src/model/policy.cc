#include "model/policy.h"

#include <algorithm>
#include <array>

#include "base/hash.h"

namespace fairlead {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Bytes of other alphabets count as letters: they do not split a word.
bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [&](std::string_view other) { return equal_ignoring_case(word, other); });
}

const Policy::ServiceRule* rule_of(const Policy& policy, const ServiceName& service) {
  const auto found = std::ranges::find(policy.services, service, &Policy::ServiceRule::service);
  return found == policy.services.end() ? nullptr : &*found;
}

/// `github.com/acme/api` is `acme/api`; where only a host stands before the name, the name alone.
ServiceName service_named_by(const RepositoryName& repository) {
  std::string_view text = repository.text;
  if (text.starts_with("file:")) return ServiceName{text.substr(5)};
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return ServiceName{text};
  const std::string_view first = text.substr(0, slash);
  const bool first_is_host = text.find('/', slash + 1) != std::string_view::npos ||
                             first.find('.') != std::string_view::npos || first == "localhost";
  return ServiceName{first_is_host ? text.substr(slash + 1) : text};
}

/// Writes parts so that no two different lists of parts read the same.
class Fingerprint {
 public:
  void add(std::string_view part) { fmt::format_to(std::back_inserter(text_), "{}:{}", part.size(), part); }
  void add(std::int64_t number) { add(std::to_string(number)); }
  void add(const std::vector<std::string>& parts) {
    add(static_cast<std::int64_t>(parts.size()));
    for (const std::string& part : parts) add(part);
  }
  std::string hex() const { return to_hex(bytes_of(sha256(text_))); }

 private:
  std::string text_;
};

}  // namespace

std::string Policy::fingerprint() const {
  Fingerprint print;
  print.add("policy 1");  // change it when derivation itself changes: stored links are then rebuilt
  print.add(static_cast<std::int64_t>(services.size()));
  for (const ServiceRule& rule : services) {
    print.add(rule.service.text);
    print.add(rule.repositories);
    print.add(to_string(rule.deployments_from));
    print.add(static_cast<std::int64_t>(rule.production.size()));
    for (const EnvironmentName& environment : rule.production) print.add(environment.text);
  }
  print.add(production_environments);
  print.add(attribution_window.ms);
  print.add(revert_window.ms);
  print.add(bots);
  print.add(incident_labels);
  print.add(hotfix_labels);
  print.add(hotfix_branches);
  print.add(zone.name());
  print.add(exclude_bot_changes ? "without bots" : "with bots");
  return print.hex();
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  // On a mismatch only the latest `*` need take one more character: linear in memory, at worst pattern × text in time.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_taken_to = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_taken_to = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_taken_to;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

ServiceName resolve_service(const Policy& policy, const ServiceName& own, const RepositoryName& repository) {
  if (!own.empty() || repository.empty()) return own;
  for (const Policy::ServiceRule& rule : policy.services) {
    const auto matches = [&](const std::string& pattern) { return glob_matches(pattern, repository.text); };
    if (std::ranges::any_of(rule.repositories, matches)) return rule.service;
  }
  return service_named_by(repository);
}

DeploymentVia deployments_from(const Policy& policy, const ServiceName& service) {
  const Policy::ServiceRule* rule = rule_of(policy, service);
  return rule ? rule->deployments_from : DeploymentVia::kDeployment;
}

bool is_production(const Policy& policy, const ServiceName& service, const EnvironmentName& environment,
                   std::optional<bool> tier_says) {
  const Policy::ServiceRule* rule = rule_of(policy, service);
  if (rule && !rule->production.empty())
    return std::ranges::find(rule->production, environment) != rule->production.end();
  if (!policy.production_environments.empty()) {
    return std::ranges::any_of(policy.production_environments,
                               [&](const std::string& pattern) { return glob_matches(pattern, environment.text); });
  }
  return tier_says.value_or(production_by_name(environment.text));
}

bool production_by_name(std::string_view environment) {
  static constexpr std::array<std::string_view, 3> kProduction = {"prod", "production", "live"};
  static constexpr std::array<std::string_view, 5> kOther = {"non", "pre", "not", "test", "preview"};
  bool production = false;
  while (!environment.empty()) {
    const auto* const end = std::ranges::find_if_not(environment, in_word);
    const std::string_view word = environment.substr(0, static_cast<std::size_t>(end - environment.begin()));
    environment.remove_prefix(std::min(environment.size(), word.size() + 1));
    if (is_one_of(word, kOther)) return false;
    production |= is_one_of(word, kProduction);
  }
  return production;
}

bool is_bot(const Policy& policy, std::string_view login) {
  if (login.ends_with("[bot]")) return true;
  return std::ranges::any_of(policy.bots, [&](const std::string& bot) { return equal_ignoring_case(bot, login); });
}

}  // namespace fairlead
