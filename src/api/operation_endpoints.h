#pragma once

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// What a person who runs Fairlead looks at: sources, the latest deliveries, the live stream.
void add_operation_endpoints(Endpoints& endpoints, Context& context);

/// Tokens, users, the audit log, export, verify and status: admin only, and what the commands use beside a running
/// server through the control socket.
void add_admin_endpoints(Endpoints& endpoints, Context& context);

}  // namespace fairlead::api
