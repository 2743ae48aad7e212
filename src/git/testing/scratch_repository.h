#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fairlead::git::testing {

/// A repository of the test's own, made with plain git; gone with its owner.
class ScratchRepository {
 public:
  ScratchRepository();
  ~ScratchRepository();
  ScratchRepository(const ScratchRepository&) = delete;
  ScratchRepository& operator=(const ScratchRepository&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Standard output without its last line end. Ends the test program where git fails: a setup cannot fail.
  std::string git(const std::vector<std::string>& arguments, std::int64_t at = 1'700'000'000) const;
  /// A commit of an empty tree.
  std::string commit(const std::vector<std::string>& parents, const std::string& message,
                     std::int64_t at = 1'700'000'000) const;

 private:
  std::filesystem::path path_;
};

}  // namespace fairlead::git::testing
