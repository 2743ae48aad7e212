#include "import/git_import.h"

#include <algorithm>
#include <map>
#include <regex>

#include "base/hash.h"

namespace fairlead::imports {
namespace {

/// Of this many commits one ends a batch: the same ones in every import, whatever came before them.
constexpr std::uint64_t kCommitsPerBatch = 1'024;
constexpr std::uint64_t kProgressEvery = 1'000;

/// Collects events and sends them.
class Batches {
 public:
  Batches(const SendBatch& send, GitImportCounts& counts) : send_(send), counts_(counts) {}

  /// Where the next event is to be appended.
  std::string& body() { return body_; }

  /// The event that was appended speaks of `subject`.
  Status added(std::string_view subject) {
    ++events_;
    const bool cut = checksum64(subject) % kCommitsPerBatch == 0;
    if (!cut && events_ < kBatchEventsMax && body_.size() < kBatchBytesMax) return {};
    return flush();
  }

  Status flush() {
    if (events_ == 0) return {};
    ASSIGN_OR_RETURN(const bool is_new, send_(std::exchange(body_, {})));
    counts_.events += events_;
    ++counts_.deliveries;
    if (is_new) ++counts_.new_deliveries;
    events_ = 0;
    return {};
  }

 private:
  const SendBatch& send_;
  GitImportCounts& counts_;
  std::string body_;
  std::size_t events_ = 0;
};

Result<std::regex> compile(const std::string& pattern) {
  if (pattern.empty() || pattern.size() > kTagPatternBytesMax) {
    return fail(ErrorCode::kInvalid, "the pattern of release tags must have 1 to {} characters", kTagPatternBytesMax);
  }
  try {
    return std::regex(pattern, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error&) {
    return fail(ErrorCode::kInvalid, "'{}' is no regular expression: write one like {}", pattern, kReleaseTags);
  }
}

/// What a tag without a date of its own takes, for the tags' commits.
using CommitTimes = std::map<std::string, std::optional<std::int64_t>, std::less<>>;

Status send_releases(const std::vector<git::Tag>& releases, const CommitTimes& commit_times, const HistoryNames& names,
                     Batches& batches, GitImportCounts& counts) {
  for (const git::Tag& tag : releases) {
    auto at = tag.tagged_at;
    if (!at) {
      const auto found = commit_times.find(tag.sha);
      if (found != commit_times.end()) at = found->second;
    }
    if (!at || !plausible_seconds(*at)) {
      ++counts.skipped_tags;
      continue;
    }
    append_release_event(batches.body(), names, tag, *at);
    RETURN_IF_ERROR(batches.added(tag.name));
    counts.first_release = counts.releases == 0 ? *at : std::min(counts.first_release, *at);
    counts.last_release = std::max(counts.last_release, *at);
    ++counts.releases;
  }
  return batches.flush();
}

}  // namespace

Result<std::vector<git::Tag>> release_tags(const git::Repository& repository, const std::string& pattern) {
  ASSIGN_OR_RETURN(const std::regex expression, compile(pattern));
  ASSIGN_OR_RETURN(std::vector<git::Tag> tags, repository.tags());
  try {
    std::erase_if(tags, [&](const git::Tag& tag) {
      return tag.name.size() > kTagNameBytesMax || !std::regex_search(tag.name, expression);
    });
  } catch (const std::regex_error&) {
    return fail(ErrorCode::kInvalid, "the pattern '{}' takes too long on a tag's name: write a simpler one", pattern);
  }
  return tags;
}

Result<std::vector<std::string>> history_tips(const git::Repository& repository,
                                              const std::vector<git::Tag>& releases) {
  std::vector<std::string> tips;
  for (const git::Tag& tag : releases) tips.push_back(tag.sha);
  ASSIGN_OR_RETURN(auto head, repository.head());
  if (head) tips.push_back(*std::move(head));
  std::ranges::sort(tips);
  tips.erase(std::ranges::unique(tips).begin(), tips.end());
  return tips;
}

Result<GitImportCounts> import_git(const git::Repository& repository, const GitImport& what, const SendBatch& send,
                                   const GitImportProgress& progress) {
  ASSIGN_OR_RETURN(const std::vector<git::Tag> releases, release_tags(repository, what.release_tags));
  ASSIGN_OR_RETURN(const std::vector<std::string> tips, history_tips(repository, releases));
  CommitTimes commit_times;
  for (const git::Tag& tag : releases) commit_times[tag.sha];

  GitImportCounts counts;
  Batches batches(send, counts);
  RETURN_IF_ERROR(repository.read_commits(tips, [&](const git::Commit& commit) -> Status {
    if (const auto found = commit_times.find(commit.sha); found != commit_times.end()) {
      found->second = commit.committed_at;
    }
    append_commit_event(batches.body(), what.names, commit);
    if (++counts.commits % kProgressEvery == 0 && progress) progress(counts);
    return batches.added(commit.sha);
  }));
  RETURN_IF_ERROR(batches.flush());
  if (progress) progress(counts);
  // Commits first, so that each release finds what it ships.
  RETURN_IF_ERROR(send_releases(releases, commit_times, what.names, batches, counts));
  if (progress) progress(counts);
  return counts;
}

Result<HistoryNames> history_names(const git::Repository& repository, const std::string& service) {
  HistoryNames names;
  names.service = service;
  ASSIGN_OR_RETURN(const std::string origin, repository.origin_url());
  names.repository = repository_name(origin);
  if (names.repository.empty() || names.repository.text.starts_with("file:")) {
    std::error_code error;
    auto folder = std::filesystem::canonical(repository.path(), error);
    if (error) folder = repository.path();
    if (folder.filename() == ".git") folder = folder.parent_path();
    names.repository = repository_name("file:///" + folder.filename().string());
    if (names.service.empty()) names.service = names.repository.text.substr(std::string_view("file:").size());
  }
  if (names.repository.empty()) {
    return fail(ErrorCode::kInvalid, "{} has no name: give its remote `origin` an address", repository.path().string());
  }
  return names;
}

}  // namespace fairlead::imports
