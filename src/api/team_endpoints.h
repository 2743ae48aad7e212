#pragma once

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// `/api/v1/teams`: what the parameter `team` takes.
void add_team_endpoints(Endpoints& endpoints, Context& context);

}  // namespace fairlead::api
