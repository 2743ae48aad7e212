#pragma once

#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "store/store.h"

namespace fairlead::store::sql {

/// The rows of one deployment as they are stored now, as far as they are known.
struct ExpectedRows {
  std::int64_t number = 0;  ///< Of its key; 0 while it has none.
  std::optional<std::vector<StreamDeployment>> streams;
  std::optional<std::vector<Shipped>> shipped;
  std::optional<std::vector<Missing>> missing;
  std::optional<std::vector<Evidence>> evidence_on;
  std::optional<std::vector<Evidence>> evidence_by;
  std::optional<std::vector<Fact>> facts;
};

using Expected = std::unordered_map<EntityKey, ExpectedRows>;

/// What was read in a transaction, by what was asked for. Bounded: past the bound it starts anew.
template <class Key, class Row>
class Memory {
 public:
  /// The rows of `keys`, in order; those that are not known come from `read`, all of them at once.
  template <class Read>
  Result<std::vector<Row>> rows(std::span<const Key> keys, const Read& read) {
    std::vector<Key> unknown;
    for (const Key& key : keys) {
      if (!rows_.contains(key)) unknown.push_back(key);
    }
    if (rows_.size() + unknown.size() > kRowsMax) {
      rows_.clear();
      unknown.assign(keys.begin(), keys.end());
    }
    if (!unknown.empty()) {
      ASSIGN_OR_RETURN(std::vector<Row> read_now, read(std::span<const Key>(unknown)));
      for (std::size_t i = 0; i < unknown.size(); ++i) rows_.insert_or_assign(unknown[i], std::move(read_now[i]));
    }
    std::vector<Row> found;
    found.reserve(keys.size());
    for (const Key& key : keys) found.push_back(rows_.at(key));
    return found;
  }

  Row* find(const Key& key) {
    const auto at = rows_.find(key);
    return at == rows_.end() ? nullptr : &at->second;
  }
  void clear() { rows_.clear(); }

 private:
  static constexpr std::size_t kRowsMax = 16'384;

  std::map<Key, Row> rows_;
};

}  // namespace fairlead::store::sql
