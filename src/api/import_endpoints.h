#pragma once

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// Imports of repositories: start, list, look at, cancel. Only where the options bring some.
void add_import_endpoints(Endpoints& endpoints, Context& context);

}  // namespace fairlead::api
