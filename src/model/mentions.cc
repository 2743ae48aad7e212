#include "model/mentions.h"

#include <algorithm>

namespace fairlead {
namespace {

/// A commit message longer than this is not searched further: subjects and trailers of merges are near its ends.
constexpr std::size_t kMessageSearchBytesMax = 16 * 1024;
constexpr std::size_t kNumberDigitsMax = 18;

std::string_view leading_digits(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  return n <= kNumberDigitsMax ? text.substr(0, n) : std::string_view{};
}

bool hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::optional<std::string> number_after(std::string_view text, std::string_view prefix) {
  const auto at = text.find(prefix);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = leading_digits(text.substr(at + prefix.size()));
  if (digits.empty()) return std::nullopt;
  return std::string(digits);
}

/// `Title (#12)`, `Merged in branch (pull request #12)`: in brackets at the subject's very end.
std::optional<std::string> number_in_last_brackets(std::string_view subject) {
  if (!subject.ends_with(')')) return std::nullopt;
  const auto open = subject.rfind('(');
  if (open == std::string_view::npos) return std::nullopt;
  std::string_view inside = subject.substr(open + 1, subject.size() - open - 2);
  if (inside.starts_with("pull request ")) inside.remove_prefix(13);
  if (!inside.starts_with('#')) return std::nullopt;
  inside.remove_prefix(1);
  const std::string_view digits = leading_digits(inside);
  if (digits.empty() || digits.size() != inside.size()) return std::nullopt;
  return std::string(digits);
}

/// GitLab's trailer: the project's path stands between the words and the number.
std::optional<std::string> number_of_merge_request(std::string_view message) {
  constexpr std::string_view kTrailer = "See merge request ";
  const auto at = message.rfind(kTrailer);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view line = message.substr(at + kTrailer.size());
  line = line.substr(0, line.find_first_of(" \r\n"));
  return number_after(line, "!");
}

/// Gathers terms.
class Terms {
 public:
  void sha(const RepositoryName& repository, const CommitSha& sha) {
    if (sha.empty()) return;
    if (!repository.empty()) terms_.push_back(mention_sha(repository, sha));
    terms_.push_back(mention_any_repository_sha(sha));
  }
  /// Of a commit itself: whoever knows its repository finds it by its key.
  void own_sha(const CommitSha& sha) { terms_.push_back(mention_any_repository_sha(sha)); }
  void run(const Origin& origin, const Register<std::string>& run_id) {
    if (run_id && !run_id->empty()) terms_.push_back(mention_run(origin, *run_id));
  }
  void deployment(std::string_view id) {
    if (!id.empty()) terms_.push_back(mention_deployment(id));
  }
  void version(const ServiceName& service, const Register<std::string>& version) {
    if (!service.empty() && version && !version->empty()) terms_.push_back(mention_version(service, *version));
  }
  void number(const RepositoryName& repository, std::string_view number) {
    if (!number.empty()) terms_.push_back(mention_number(repository, number));
  }

  std::vector<Mention> sorted() && {
    std::ranges::sort(terms_);
    const auto repeated = std::ranges::unique(terms_);
    terms_.erase(repeated.begin(), repeated.end());
    return std::move(terms_);
  }

 private:
  std::vector<Mention> terms_;
};

void gather(const Deployment& deployment, const ServiceName& service, Terms& terms) {
  terms.deployment(deployment.identity.id);
  if (deployment.commits) {
    for (const CommitRef& commit : *deployment.commits) terms.sha(commit.repository, commit.sha);
  }
  terms.version(service, deployment.version);
  terms.run(deployment.identity.origin, deployment.run_id);
}

void gather(const Change& change, const ServiceName&, Terms& terms) {
  const RepositoryName repository = change.repository();
  terms.number(repository, change.number());
  terms.sha(repository, change.merge_sha.value_or({}));
  terms.sha(repository, change.head_sha.value_or({}));
  terms.sha(repository, change.reverts.value_or({}));
  for (const ListedCommit& commit : change.commits) terms.sha(repository, commit.sha);
}

void gather(const Commit& commit, const ServiceName&, Terms& terms) {
  terms.own_sha(commit.sha());
  if (!commit.message) return;
  const RepositoryName repository = commit.repository();
  if (const auto number = merged_change_number(*commit.message)) terms.number(repository, *number);
  if (const auto sha = reverted_sha(*commit.message)) terms.sha(repository, *sha);
}

void gather(const Incident& incident, const ServiceName& service, Terms& terms) {
  if (incident.deployment_id) terms.deployment(*incident.deployment_id);
  terms.sha(incident.repository.value_or({}), incident.caused_by_sha.value_or({}));
  terms.version(service, incident.caused_by_version);
}

void gather(const Run&, const ServiceName&, Terms&) {}

void gather(const Task& task, const ServiceName&, Terms& terms) {
  terms.run(task.identity.origin, task.run_id);
}

void gather(const Alert&, const ServiceName&, Terms&) {}

void gather(const Canary& canary, const ServiceName& service, Terms& terms) {
  terms.version(service, canary.version);
}

}  // namespace

Mention mention_sha(const RepositoryName& repository, const CommitSha& sha) {
  return fmt::format("sha:{}@{}", repository.text, sha.text);
}

Mention mention_any_repository_sha(const CommitSha& sha) {
  return fmt::format("sha:@{}", sha.text);
}

Mention mention_run(const Origin& origin, std::string_view run_id) {
  return fmt::format("run:{}/{}", origin.text, run_id);
}

Mention mention_deployment(std::string_view deployment_id) {
  return fmt::format("deployment:{}", deployment_id);
}

Mention mention_version(const ServiceName& service, std::string_view version) {
  return fmt::format("version:{}/{}", service.text, version);
}

Mention mention_number(const RepositoryName& repository, std::string_view number) {
  return fmt::format("number:{}#{}", repository.text, number);
}

std::optional<std::string> merged_change_number(std::string_view commit_message) {
  const std::string_view message = commit_message.substr(0, kMessageSearchBytesMax);
  std::string_view subject = message.substr(0, message.find_first_of("\r\n"));
  while (subject.ends_with(' ')) subject.remove_suffix(1);
  if (subject.starts_with("Merge pull request #")) return number_after(subject, "#");
  if (subject.starts_with("Merged PR ")) return number_after(subject, "Merged PR ");
  if (auto number = number_in_last_brackets(subject)) return number;
  return number_of_merge_request(message);
}

std::optional<CommitSha> reverted_sha(std::string_view commit_message) {
  constexpr std::string_view kPhrase = "This reverts commit ";
  constexpr std::size_t kShaDigitsMin = 7;
  constexpr std::size_t kShaDigitsMax = 64;
  const std::string_view message = commit_message.substr(0, kMessageSearchBytesMax);
  const auto at = message.find(kPhrase);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view sha = message.substr(at + kPhrase.size());
  const auto* const end = std::ranges::find_if_not(sha, hexadecimal);
  sha = sha.substr(0, static_cast<std::size_t>(end - sha.begin()));
  if (sha.size() < kShaDigitsMin || sha.size() > kShaDigitsMax) return std::nullopt;
  std::string lower(sha);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' ? static_cast<char>(c | 0x20) : c; });
  return CommitSha{std::move(lower)};
}

std::vector<Mention> mentions_of(const Entity& entity, const ServiceName& service) {
  Terms terms;
  std::visit([&](const auto& e) { gather(e, service, terms); }, entity);
  return std::move(terms).sorted();
}

}  // namespace fairlead
