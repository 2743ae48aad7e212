#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "git/testing/scratch_repository.h"

namespace fairlead::imports::testing {

/// A repository of about a hundred commits with what real ones have: side branches, merges of two and of three, a
/// second root, cherry-picks, squashes, reverts, maintenance releases, tags of tags, tags of one second, tags of what
/// is no commit, names that are no UTF-8, and a HEAD that is unborn with every other seed. The same seed gives the same
/// shas.
class GeneratedHistory {
 public:
  explicit GeneratedHistory(std::uint64_t seed);

  const git::testing::ScratchRepository& repository() const { return repository_; }
  std::vector<std::string> lines(const std::vector<std::string>& arguments) const;  ///< Of git's output.

 private:
  std::int64_t later() { return now_ += 1 + static_cast<std::int64_t>(random_() % 40'000); }
  const std::string& any() { return all_[random_() % all_.size()]; }
  std::string keep(std::string sha);
  void take_step();
  void release(const std::string& tag, const std::string& sha);

  const git::testing::ScratchRepository repository_;
  std::mt19937_64 random_;
  std::int64_t now_ = 1'700'000'000;
  std::string main_;
  std::vector<std::string> sides_;
  std::vector<std::string> all_;
};

}  // namespace fairlead::imports::testing
