#include "engine/link/known_since.h"

#include <algorithm>

namespace fairlead::engine {

Result<KnownSinceUpdate> KnownSinceUpdate::begin(store::DerivedReader& reader, const ServiceName& service,
                                                 Instant since) {
  KnownSinceUpdate update;
  update.service_ = service;
  ASSIGN_OR_RETURN(const auto rows, reader.known_since(service));
  for (const KnownSince& row : rows) {
    if (row.kind == DataKind::kIncidents || row.since < since)
      update.known_.emplace(std::pair(row.kind, row.simulated), row.since);
  }
  return update;
}

void KnownSinceUpdate::write(store::DerivedWriter& writer) const {
  std::vector<KnownSince> rows;
  for (const auto& [what, since] : known_)
    rows.push_back({.service = service_, .kind = what.first, .since = since, .simulated = what.second});
  writer.replace_known_since(service_, rows);
}

Status refresh_known_incidents(store::DerivedWriter& writer, const ServiceName& service) {
  if (service.empty()) return {};
  ASSIGN_OR_RETURN(auto rows, writer.known_since(service));
  std::erase_if(rows, [](const KnownSince& row) { return row.kind == DataKind::kIncidents; });
  for (const bool simulated : {false, true}) {
    store::EntityQuery first;
    first.kind = EntityKind::kIncident;
    first.services = {service};
    first.simulated = simulated;
    first.ascending = true;
    first.limit = 1;
    ASSIGN_OR_RETURN(const auto page, writer.entities(first));
    if (page.rows.empty() || !page.rows.front().place.at) continue;
    rows.push_back({.service = service,
                    .kind = DataKind::kIncidents,
                    .since = *page.rows.front().place.at,
                    .simulated = simulated});
  }
  std::ranges::sort(rows);
  writer.replace_known_since(service, rows);
  return {};
}

}  // namespace fairlead::engine
