#include "api/options.h"

namespace fairlead::api {

Result<AnonymousAccess> parse_anonymous_access(std::string_view text) {
  if (text == "none") return AnonymousAccess::kNone;
  if (text == "viewer") return AnonymousAccess::kViewer;
  if (text == "operator") return AnonymousAccess::kOperator;
  return fail(ErrorCode::kInvalid, "access.anonymous is '{}': write none, viewer or operator", text);
}

Result<MetricsAccess> parse_metrics_access(std::string_view text) {
  if (text == "open") return MetricsAccess::kOpen;
  if (text == "token") return MetricsAccess::kToken;
  return fail(ErrorCode::kInvalid, "access.metrics is '{}': write open or token", text);
}

}  // namespace fairlead::api
