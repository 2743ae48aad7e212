#pragma once

#include <string_view>

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// `/api/v1/session`: login, who am I, logout.
void add_session_endpoints(Endpoints& endpoints, Context& context);

/// Ends a user's sessions and the live streams that they opened.
void end_sessions_of(Context& context, std::string_view user);

}  // namespace fairlead::api
