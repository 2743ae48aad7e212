#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/endpoint.h"
#include "base/result.h"

namespace fairlead::api {

using AdminAction = std::function<Result<http::Response>(Context&, const http::Request&)>;

/// A route for administrators that takes no query parameters and may block. Documented under the tag `admin`; `body`
/// names the component of the request's body, empty: none.
Endpoint admin_endpoint(Context& context, http::Method method, std::string pattern, std::string_view id,
                        std::string_view summary, std::string_view body, std::vector<Reply> replies,
                        AdminAction action);

/// Notes who does what. What cannot be audited must not be done.
Status audit(Context& context, const http::Request& request, std::string_view action, std::string_view subject);

}  // namespace fairlead::api
