#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "git/child.h"
#include "git/log_parser.h"

namespace fairlead::git {

/// A tag that names a commit, directly or through tags of tags.
struct Tag {
  std::string name;
  std::string sha;                        ///< The commit's.
  std::optional<std::int64_t> tagged_at;  ///< What the tag says; a tag without a date has its commit's.
};

/// A repository on this machine, read through the git command line. Nothing is ever written to it, and nothing that its
/// configuration names is run (git/child.h).
class Repository {
 public:
  /// Once `stop` is asked for, what is being read and all that would be read later is kUnavailable. kNotFound: there is
  /// no repository at `path`.
  static Result<Repository> open(const std::filesystem::path& path, std::stop_token stop = {});

  const std::filesystem::path& path() const { return path_; }

  /// Tags by name, those of anything else than a commit left out.
  Result<std::vector<Tag>> tags() const;
  /// The commit that HEAD names; nothing while its branch is unborn.
  Result<std::optional<std::string>> head() const;
  /// The address of the remote `origin`; empty where there is none.
  Result<std::string> origin_url() const;
  /// Whether history was cut off when it was cloned, as CI systems do.
  Result<bool> shallow() const;

  /// Every commit that the tips reach, newest first.
  Status read_commits(const std::vector<std::string>& tips, const CommitSink& sink) const;
  /// How many those are. Costs about as much as half of reading them.
  Result<std::uint64_t> count_commits(const std::vector<std::string>& tips) const;

 private:
  Repository(std::filesystem::path path, std::stop_token stop) : path_(std::move(path)), stop_(std::move(stop)) {}
  Command in_here(std::vector<std::string> arguments, std::string input = {}) const;

  std::filesystem::path path_;
  std::stop_token stop_;
};

}  // namespace fairlead::git
