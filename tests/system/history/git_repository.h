#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fairlead::system_test {

/// A local repository, spoken to through git itself. Throws where git fails.
class GitRepository {
 public:
  /// An existing repository, or the folder of a new bare one (see init).
  explicit GitRepository(std::filesystem::path path) : path_(std::move(path)) {}
  static GitRepository init(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }

  /// The output without its last line end. `at`: the time of whatever git makes, in epoch seconds.
  std::string git(std::vector<std::string> arguments, std::int64_t at = 0, std::int64_t authored_at = 0) const;
  std::vector<std::string> git_lines(std::vector<std::string> arguments) const;

  /// A commit of an empty tree. `authored_at`: where that is not the time of the commit, as in a cherry-pick.
  std::string commit(const std::vector<std::string>& parents, const std::string& message, std::int64_t at,
                     std::int64_t authored_at = 0) const;

 private:
  std::filesystem::path path_;
};

/// A small history with what real ones have: side branches, merges, squashes, cherry-picks, a second root, reverts,
/// messages that break formats, tags of maintenance branches, two tags of one second, tags of tags, tags that are no
/// releases. The same seed gives the same shas.
GitRepository generate_history(const std::filesystem::path& path, std::uint64_t seed);

}  // namespace fairlead::system_test
