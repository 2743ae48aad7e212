#include "api/admin_action.h"

#include "api/authorizer.h"
#include "api/problems.h"
#include "base/limits.h"

namespace fairlead::api {

Endpoint admin_endpoint(Context& context, http::Method method, std::string pattern, std::string_view id,
                        std::string_view summary, std::string_view body, std::vector<Reply> replies,
                        AdminAction action) {
  http::Handler handler = [&context, action = std::move(action)](const http::Request& request,
                                                                 http::Responder responder) {
    if (!request.query.empty()) {
      return responder(http::problem(400, "Bad Request",
                                     fmt::format("unknown parameter '{}': this takes none", request.query[0].first)));
    }
    Result<http::Response> response = action(context, request);
    responder(response ? *std::move(response) : problem_of(response.error()));
  };
  return {
      {method, std::move(pattern), http::Access::kAdmin, http::RunOn::kPool, limits::kBodyBytesMax, std::move(handler)},
      id,
      "admin",
      summary,
      {},
      body,
      {"application/json"},
      std::move(replies)};
}

Status audit(Context& context, const http::Request& request, std::string_view action, std::string_view subject) {
  return context.engine.journal().append_audit(
      {context.clock.now(), std::string(actor_of(request)), std::string(action), std::string(subject)});
}

}  // namespace fairlead::api
