#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "git/repository.h"
#include "import/history_events.h"

namespace fairlead::imports {

/// Tags that are releases, unless the user says otherwise: 1.2, v1.2.3.
inline constexpr std::string_view kReleaseTags = R"(^v?\d+(\.\d+)+$)";
inline constexpr std::size_t kTagPatternBytesMax = 256;
/// Longer names of tags are no release.
inline constexpr std::size_t kTagNameBytesMax = 256;
/// Events are handed on in batches of about a thousand, and never more than this.
inline constexpr std::size_t kBatchEventsMax = 4'096;
inline constexpr std::size_t kBatchBytesMax = 4u * 1024 * 1024;

struct GitImport {
  HistoryNames names;
  std::string release_tags{kReleaseTags};  ///< A regular expression (ECMAScript) over the tag's name.
};

struct GitImportCounts {
  std::uint64_t commits = 0;
  std::uint64_t releases = 0;
  std::uint64_t events = 0;        ///< Handed on.
  std::int64_t first_release = 0;  ///< Epoch seconds; 0 while there is none.
  std::int64_t last_release = 0;
  std::uint64_t skipped_tags = 0;  ///< Named like a release, without a time that an event may carry.
  std::uint64_t deliveries = 0;
  std::uint64_t new_deliveries = 0;  ///< Not in the journal before. 0: the import added nothing.
};

/// Puts one batch of events (NDJSON) on stable storage. Whether it is new: the same bytes are the same delivery.
using SendBatch = std::function<Result<bool>(std::string body)>;
/// What was done so far.
using GitImportProgress = std::function<void(const GitImportCounts& counts)>;

/// The tags that are releases, by name.
Result<std::vector<git::Tag>> release_tags(const git::Repository& repository, const std::string& pattern);

/// What an import reads: the releases' commits and the current branch.
Result<std::vector<std::string>> history_tips(const git::Repository& repository, const std::vector<git::Tag>& releases);

/// Sends every commit that a release or HEAD reaches, then every release. Batches are cut by what they hold, not by
/// count: after new commits a second import sends almost only what is new.
Result<GitImportCounts> import_git(const git::Repository& repository, const GitImport& what, const SendBatch& send,
                                   const GitImportProgress& progress);

/// The names that events of the repository carry: by the address of `origin` (without user and password), else by its
/// folder. `service` as the user gave it, or empty.
Result<HistoryNames> history_names(const git::Repository& repository, const std::string& service);

}  // namespace fairlead::imports
