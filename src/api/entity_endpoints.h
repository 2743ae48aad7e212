#pragma once

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// Lists of runs, deployments, changes, commits, incidents, alerts and canaries; one run with its tasks.
void add_entity_endpoints(Endpoints& endpoints, Context& context);

/// One deployment with what it shipped, its evidence, streams and facts; and the matrix of environments.
void add_deployment_endpoints(Endpoints& endpoints, Context& context);

}  // namespace fairlead::api
