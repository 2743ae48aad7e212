#pragma once

// Reports over the year of YearOfDeliveries, and how long they take.

#include <array>
#include <cstdint>
#include <string>

#include "bench/fairlead_under_test.h"
#include "bench/measurements.h"

namespace fairlead::bench {

/// The metrics that are asked for together.
struct ReportKind {
  const char* what;
  const char* metrics;
};
inline constexpr ReportKind kCountsAndRates{"counts and rates",
                                            "deployment_frequency,change_fail_rate,deployment_rework_rate"};
inline constexpr ReportKind kMedians{"medians", "change_lead_time,failed_deployment_recovery_time"};
inline constexpr std::array kReportKinds = {kCountsAndRates, kMedians};

/// Sends the year through the front door, waits until it is projected and linked, and says how long that took.
void load_year(FairleadUnderTest& fairlead, std::uint64_t deployments);

/// The answer to a report over the year; of one service unless `service` is empty. Throws where it is none.
system_test::HttpResponse year_report(FairleadUnderTest& fairlead, const std::string& metrics,
                                      const std::string& service = "");

/// Milliseconds of a report, by the server's own clock (`Server-Timing`), because a client on the same two processors
/// would measure itself. The median of a round of reports, so that one interruption by the machine does not count.
double report_round_ms(FairleadUnderTest& fairlead, const std::string& metrics, const std::string& service = "");

}  // namespace fairlead::bench
