#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fairlead::git {

/// One commit as `git log` tells it. Texts are bytes that somebody else wrote: any encoding, any control character.
struct Commit {
  std::string sha;
  std::vector<std::string> parents;
  std::optional<std::int64_t> authored_at;   ///< Epoch seconds; nothing where git shows none.
  std::optional<std::int64_t> committed_at;  ///< As above.
  std::string author;
  std::string subject;
  std::string body;
  friend bool operator==(const Commit&, const Commit&) = default;
};

/// Valid until the callback returns.
using CommitSink = std::function<Status(const Commit&)>;

/// Takes the output of `git log -z --format=<kLogFormat>` in pieces of any size. A commit is seven fields, each ended
/// by NUL, the only byte that no field can hold. So nothing that a commit says can be taken for the border of another
/// one. Output that does not keep to this is kCorrupt.
class LogParser {
 public:
  static constexpr std::string_view kLogFormat = "%H%x00%P%x00%at%x00%ct%x00%an%x00%s%x00%b";
  /// Of a longer field the beginning is kept.
  static constexpr std::size_t kFieldBytesMax = 256 * 1024;

  explicit LogParser(CommitSink sink) : sink_(std::move(sink)) {}

  Status feed(std::string_view bytes);
  /// The output has ended: it must have ended with a whole commit.
  Status finish() const;

 private:
  enum Field : std::size_t { kSha, kParents, kAuthoredAt, kCommittedAt, kAuthor, kSubject, kBody, kFields };

  Status emit();

  CommitSink sink_;
  std::array<std::string, kFields> fields_;
  std::size_t field_ = 0;  ///< The one that grows.
  Commit commit_;          ///< Reused, for its memory.
};

/// 40 or 64 lower-case hexadecimal digits.
bool is_sha(std::string_view text);

}  // namespace fairlead::git
