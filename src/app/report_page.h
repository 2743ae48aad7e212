#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/report.h"

namespace fairlead::app {

/// One row behind a number.
struct ReportRow {
  Instant at;
  std::string release;
  std::string subject;  ///< What the row speaks of: a commit's sha, else empty.
  std::string text;     ///< Its message.
  std::optional<double> value;
  std::string excluded;  ///< Why it does not count; empty when it does.
};

/// One number with its rows.
struct ReportNumber {
  MetricValue number;
  std::string formula;
  std::vector<ReportRow> rows;
  bool rows_cut = false;  ///< There are more than could be listed.
};

struct ReportMonth {
  std::string name;  ///< `2026-01`.
  std::int64_t releases = 0;
  std::optional<double> lead_time_seconds;  ///< The median of its rows.
};

/// A delivery report as one page that needs nothing else: no server, no script, no other file.
struct ReportPage {
  std::string repository;
  std::string version;              ///< Of the program.
  TimeZone zone = TimeZone::utc();  ///< Of every day and month on the page.
  TimeRange range;
  Instant as_of;
  std::vector<std::string> remarks;  ///< What the reader must know first, e.g. of a shallow clone.
  std::vector<ReportNumber> numbers;
  std::vector<ReportMonth> months;
};

std::string render(const ReportPage& page);

/// `3.5 days`, `20 minutes`.
std::string duration_text(double seconds);
/// As text in HTML: nothing in it is markup, and nothing in it turns what stands around it.
std::string html_text(std::string_view text);

}  // namespace fairlead::app
