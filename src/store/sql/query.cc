#include <algorithm>

#include "store/sql/connection.h"

namespace fairlead::store::sql {

std::optional<Instant> Query::optional_instant(int column) const {
  if (is_null(column)) return std::nullopt;
  return instant(column);
}

EntityKey Query::key(int column) const {
  EntityKey key;
  const std::string_view stored = bytes(column);
  std::copy_n(stored.begin(), std::min(stored.size(), key.bytes.size()), key.bytes.begin());
  return key;
}

}  // namespace fairlead::store::sql
