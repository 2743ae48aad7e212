#include "api/report_query.h"

namespace fairlead::api {

Result<ReportQuery> report_query(const ReadCall& call) {
  ReportQuery query;
  query.services = call.parameters.services;
  query.environments = call.parameters.environments;
  ASSIGN_OR_RETURN(query.range, range_of(call.parameters, call.now, call.context.engine.policy().zone));
  query.as_of = call.now;
  query.profile = call.parameters.profile;
  query.simulated = call.parameters.simulated.value_or(call.context.options.simulated_by_default);
  return query;
}

}  // namespace fairlead::api
