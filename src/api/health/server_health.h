#pragma once

#include <vector>

#include "api/context.h"
#include "api/endpoint.h"
#include "api/health/checks.h"

namespace fairlead::api {

/// What the stored state says about how far it is and what its sources did; for a server and for a folder without one.
Result<LagFacts> lag_of(store::Journal& journal, store::DerivedReader& reader);
Result<std::vector<SourceFacts>> facts_of_sources(store::DerivedReader& reader, const std::vector<HookOptions>& hooks);
/// The newest row of each lane can be read; says how many there are.
Finding check_journal(store::Journal& journal);
Result<std::optional<Instant>> newest_received_at(store::Journal& journal);

/// All that this server can find out about itself now. Reads little, whatever is stored.
std::vector<Finding> look_at_server(Context& context);

/// `GET /api/v1/admin/health`.
void add_server_health_endpoint(Endpoints& endpoints, Context& context);

}  // namespace fairlead::api
