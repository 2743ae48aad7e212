#pragma once

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// `/api/v1/sources` and `/api/v1/deliveries`: what tools send, and what became of it.
void add_source_endpoints(Endpoints& endpoints, Context& context);

}  // namespace fairlead::api
