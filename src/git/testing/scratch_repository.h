#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::git::testing {

/// A repository of the test's own, made with plain git; gone with its owner.
class ScratchRepository {
 public:
  static constexpr std::int64_t kAnyTime = 1'700'000'000;

  ScratchRepository();
  ~ScratchRepository();
  ScratchRepository(const ScratchRepository&) = delete;
  ScratchRepository& operator=(const ScratchRepository&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Standard output without its last line end. Ends the test program where git fails: a setup cannot fail.
  std::string git(const std::vector<std::string>& arguments, std::int64_t at = kAnyTime) const;
  /// As above, for a command that may fail, and whose output does not matter. Returns its exit code.
  int try_git(const std::vector<std::string>& arguments, const std::string& input = {}) const;
  /// A commit of an empty tree. `authored_at`: where that is not the time of the commit, as in a cherry-pick.
  std::string commit(const std::vector<std::string>& parents, const std::string& message, std::int64_t at = kAnyTime,
                     std::optional<std::int64_t> authored_at = {}) const;

 private:
  struct Finished {
    int code = 0;
    std::string out;
  };
  Finished run(const std::vector<std::string>& arguments, const std::string& input, std::int64_t at,
               std::int64_t authored_at) const;

  static std::string must(Finished finished);

  std::filesystem::path path_;
};

}  // namespace fairlead::git::testing
