#pragma once

#include "api/context.h"
#include "api/endpoint.h"
#include "api/exposition.h"

namespace fairlead::api {

/// `/healthz`, `/readyz`, `/health` and `/metrics`.
void add_health_endpoints(Endpoints& endpoints, Context& context, Exposition& exposition);

}  // namespace fairlead::api
