#pragma once

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// The web page of ui/: one document at each address of its own (`/`, `/sources`, `/import`), and `/page.css`,
/// `/page.js`, `/icon.svg`. Open, because it holds nothing: what it shows it asks for like any other client.
void add_page_endpoints(Endpoints& endpoints, Context& context);

}  // namespace fairlead::api
