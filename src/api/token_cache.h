#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "store/store.h"

namespace fairlead::api {

/// Tokens by public id, so that a request with a token costs a hash and a look-up in memory, not a read from the
/// journal. What this process creates or revokes goes through here and is effective at once. Thread-safe.
class TokenCache {
 public:
  static constexpr std::size_t kTokensMax = 4'096;
  using Row = std::shared_ptr<const store::TokenRow>;

  explicit TokenCache(store::Journal& journal) : journal_(&journal) {}

  /// Reads the journal's tokens (the newest kTokensMax that are not revoked), so that only unknown ones miss.
  Status load();

  /// The row, if it is in memory, else null. Never waits for a store.
  Row cached(std::string_view id) const;

  /// The row from the journal, which it remembers; null where there is none or it was revoked.
  Result<Row> fetch(std::string_view id);

  /// Writes a new or changed row to the journal, then here.
  Status put(const store::TokenRow& row);

  std::size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  void remember(const store::TokenRow& row);
  void forget(const std::string& id);

  store::Journal* const journal_;

  /// Held over what reads or writes the journal, so that a token that is revoked meanwhile is not remembered as valid.
  std::mutex changes_;

  mutable std::shared_mutex mutex_;  // guards what follows; held for memory only
  std::unordered_map<std::string, Row, Hash, std::equal_to<>> rows_;
  std::list<std::string> oldest_first_;  // ids of rows_ in the order they came: the first goes when it is full
};

}  // namespace fairlead::api
