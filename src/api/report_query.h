#pragma once

#include "api/read_call.h"
#include "model/report.h"

namespace fairlead::api {

/// What the parameters of a report ask for; metrics and interval are the route's to take over.
Result<ReportQuery> report_query(const ReadCall& call);

}  // namespace fairlead::api
