#pragma once

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// `metrics/delivery` and the rows behind each of its numbers.
void add_metric_endpoints(Endpoints& endpoints, Context& context);

}  // namespace fairlead::api
