#pragma once

#include <string>

#include "api/context.h"
#include "api/endpoint.h"
#include "api/exposition.h"

namespace fairlead::api {

/// Every endpoint that there is, `/openapi.json` included, in the order of the document.
Endpoints make_endpoints(Context& context, Exposition& exposition);

/// `events, github`: for messages.
std::string source_names(const Context& context);

}  // namespace fairlead::api
