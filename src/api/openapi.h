#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "api/endpoint.h"
#include "api/options.h"

namespace fairlead::api {

/// The OpenAPI 3.1 document of all endpoints: what `/openapi.json` serves.
boost::json::object openapi_document(const Endpoints& endpoints, const ApiOptions& options);

/// The components that endpoints name in `body` and `Reply::schema`.
boost::json::object openapi_schemas();

}  // namespace fairlead::api
