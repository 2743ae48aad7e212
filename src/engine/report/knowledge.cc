#include "engine/report/knowledge.h"

#include <algorithm>

namespace fairlead::engine {

Result<Knowledge> Knowledge::of(store::DerivedReader& reader, const ReportQuery& query) {
  Knowledge knowledge;
  const auto take = [&](const std::vector<KnownSince>& rows) {
    for (const KnownSince& row : rows) {
      if (row.simulated != query.simulated) continue;
      const auto [known, is_new] = knowledge.since_.try_emplace(row.kind, row.since);
      if (!is_new) known->second = std::min(known->second, row.since);
    }
  };
  if (query.services.empty()) {
    ASSIGN_OR_RETURN(const auto rows, reader.known_since(std::nullopt));
    take(rows);
  }
  for (const ServiceName& service : query.services) {
    ASSIGN_OR_RETURN(const auto rows, reader.known_since(service));
    take(rows);
  }
  return knowledge;
}

std::optional<Instant> Knowledge::since(std::span<const DataKind> kinds) const {
  std::optional<Instant> least;
  for (const DataKind kind : kinds) {
    const auto known = since_.find(kind);
    if (known != since_.end() && (!least || known->second < *least)) least = known->second;
  }
  return least;
}

}  // namespace fairlead::engine
