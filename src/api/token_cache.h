#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace fairlead::api {

/// Tokens by public id, so that a request with a token costs a hash and a look-up in memory, not a read from the
/// journal. What this process creates or revokes goes through here and is effective at once. Thread-safe.
///
/// Where other processes write tokens, too, somebody calls `refresh` every kRefresh: what was revoked elsewhere opens
/// nothing here after that. While the store does not answer, the latest list counts for kTrust more, so that deliveries
/// with a known token go on (docs/decisions/0005); then nothing is let in until it answers again.
class TokenCache {
 public:
  static constexpr std::size_t kTokensMax = 4'096;
  static constexpr Duration kRefresh = Duration::seconds(2);
  static constexpr Duration kTrust = Duration::seconds(300);
  /// A refresh that takes longer than this says that the store does not answer.
  static constexpr Duration kRefreshTakesMax = Duration::seconds(1);
  using Row = std::shared_ptr<const store::TokenRow>;

  /// This process alone writes tokens.
  explicit TokenCache(store::Journal& journal) : journal_(&journal), clock_(nullptr) {}
  /// Others do, too. `steady` is a clock that nobody sets; null: this process alone.
  TokenCache(store::Journal& journal, const Clock* steady) : journal_(&journal), clock_(steady) {}

  /// Reads the journal's tokens (the newest kTokensMax that are not revoked), so that only unknown ones miss.
  Status load();

  /// Reads them again. Returns the ids of those that were known here and count no more.
  Result<std::vector<std::string>> refresh();

  /// The row, if it is in memory and may be trusted, else null. Never waits for a store.
  Row cached(std::string_view id) const;

  /// The row from the journal, which it remembers; null where there is none or it was revoked. kUnavailable at once
  /// while the store is known to be away.
  Result<Row> fetch(std::string_view id);

  /// Whether the journal could not be asked of late. False where this process alone writes tokens.
  bool store_away() const;

  /// Writes a new or changed row to the journal, then here.
  Status put(const store::TokenRow& row);

  std::size_t size() const;

 private:
  static constexpr std::int64_t kIdle = -1;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Result<std::vector<store::TokenRow>> read_all();
  bool trusted() const;
  std::int64_t now_ms() const { return clock_ == nullptr ? 0 : clock_->now().ms; }
  void remember(const store::TokenRow& row);
  void forget(const std::string& id);

  store::Journal* const journal_;
  const Clock* const clock_;

  std::atomic<std::int64_t> read_at_ms_{0};           ///< When the latest whole list was asked for that came.
  std::atomic<std::int64_t> asking_since_ms_{kIdle};  ///< When the refresh under way began; kIdle: none is.
  std::atomic<bool> failed_{false};                   ///< The latest question to the journal.

  /// Held by whoever writes tokens, over the write.
  std::mutex writes_;

  mutable std::shared_mutex mutex_;  // guards what follows; held for memory only
  std::uint64_t version_ = 0;        ///< Grows with each change here, so that no older answer undoes one.
  std::set<std::string> fetched_;    ///< Since the latest refresh began: at most what came in its pause.
  std::unordered_map<std::string, Row, Hash, std::equal_to<>> rows_;
  std::list<std::string> oldest_first_;  // ids of rows_ in the order they came: the first goes when it is full
};

}  // namespace fairlead::api
