#include "app/git_report.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "app/git_delivery.h"
#include "app/progress.h"
#include "app/report_page.h"
#include "app/version.h"
#include "engine/replay.h"
#include "engine/report/reporter.h"
#include "git/repository.h"
#include "metrics/registry.h"
#include "store/memory/memory_store.h"

namespace fairlead::app {
namespace {

constexpr std::size_t kRowsPerPage = 1'000;
/// Of each number; a browser still opens such a page.
constexpr std::size_t kRowsMax = 20'000;
constexpr std::size_t kMonthsMax = 1'200;
constexpr Duration kDefaultLength = Duration::days(365);

/// What a row's keys stand for.
class RowNames {
 public:
  explicit RowNames(store::DerivedReader& reader) : reader_(reader) {}

  Result<ReportRow> row(const Fact& fact, std::string_view unit) {
    ReportRow row;
    row.at = fact.at;
    row.excluded = fact.excluded;
    if (fact.value) row.value = static_cast<double>(*fact.value) / (unit == "seconds" ? 1000.0 : 1.0);
    ASSIGN_OR_RETURN(row.release, release(fact.owner));
    if (fact.subject_kind != EntityKind::kCommit) return row;
    ASSIGN_OR_RETURN(const auto found, reader_.entity(fact.subject));
    const auto* const commit = found ? std::get_if<Commit>(&found->entity) : nullptr;
    if (commit) {
      row.subject = commit->identity.id;
      row.text = commit->message.value_or({});
      row.text.resize(std::min(row.text.find('\n'), row.text.size()));
    }
    return row;
  }

 private:
  Result<std::string> release(const EntityKey& key) {
    if (const auto known = releases_.find(key); known != releases_.end()) return known->second;
    ASSIGN_OR_RETURN(const auto found, reader_.entity(key));
    const auto* const deployment = found ? std::get_if<Deployment>(&found->entity) : nullptr;
    return releases_[key] = deployment ? deployment->version.value_or({}) : std::string();
  }

  store::DerivedReader& reader_;
  std::map<EntityKey, std::string> releases_;
};

Result<ReportNumber> number_with_rows(const engine::Reporter& reporter, store::DerivedReader& reader,
                                      const ReportQuery& query, const MetricValue& number, RowNames& names) {
  ReportNumber out;
  out.number = number;
  std::string cursor;
  do {
    ASSIGN_OR_RETURN(const engine::Explanation page,
                     reporter.explain(reader, query, number.metric, {.limit = kRowsPerPage, .cursor = cursor}));
    out.formula = page.formula;
    for (const Fact& fact : page.rows) {
      ASSIGN_OR_RETURN(ReportRow row, names.row(fact, number.unit));
      out.rows.push_back(std::move(row));
    }
    cursor = page.next_cursor;
  } while (!cursor.empty() && out.rows.size() < kRowsMax);
  out.rows_cut = !cursor.empty();
  return out;
}

double median_of(std::vector<double>& values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// The months of the range, from the facts themselves: rows that a page leaves out count here all the same.
Result<std::vector<ReportMonth>> months_of(store::DerivedReader& reader, const ReportQuery& query,
                                           const TimeZone& zone) {
  const auto month_of = [](Day day) { return format_day(day).substr(0, 7); };
  store::FactQuery facts;
  facts.metrics = {MetricName(std::string(metrics::kDeploymentFrequency)),
                   MetricName(std::string(metrics::kChangeLeadTime))};
  facts.range = query.range;
  facts.excluded = false;
  ASSIGN_OR_RETURN(const store::FactPage page, reader.facts(facts));
  std::map<std::string, std::pair<std::int64_t, std::vector<double>>> months;
  for (Day day = zone.day_of(query.range.from); zone.start_of(day) < query.range.to; ++day.number) {
    months[month_of(day)];
    if (months.size() > kMonthsMax) break;
  }
  for (const Fact& fact : page.rows) {
    auto& [releases, lead_times] = months[month_of(zone.day_of(fact.at))];
    if (fact.metric.text == metrics::kDeploymentFrequency) {
      ++releases;
    } else if (fact.value) {
      lead_times.push_back(static_cast<double>(*fact.value) / 1000);
    }
  }
  std::vector<ReportMonth> out;
  for (auto& [name, month] : months) {
    ReportMonth& one = out.emplace_back(ReportMonth{name, month.first, std::nullopt});
    if (!month.second.empty()) one.lead_time_seconds = median_of(month.second);
  }
  return out;
}

/// The latest release that is not in the future.
Result<std::optional<Instant>> last_release(store::DerivedReader& reader, Instant now) {
  store::EntityQuery query;
  query.kind = EntityKind::kDeployment;
  query.to = now;
  query.limit = 1;
  ASSIGN_OR_RETURN(const store::EntityPage page, reader.entities(query));
  if (page.rows.empty()) return std::nullopt;
  return page.rows.front().place.at;
}

Result<TimeRange> range_of(const GitReport& report, store::DerivedReader& reader, const TimeZone& zone, Instant now) {
  TimeRange range{{}, now};
  if (!report.to.empty()) {
    ASSIGN_OR_RETURN(range.to, parse_range_end(report.to, now, zone));
    range.to = std::min(range.to, now);
  } else if (report.from.empty()) {
    ASSIGN_OR_RETURN(const auto last, last_release(reader, now));
    if (last && *last < now - kDefaultLength) range.to = *last + Duration::millis(1);
  }
  range.from = range.to - kDefaultLength;
  if (!report.from.empty()) {
    ASSIGN_OR_RETURN(range.from, parse_range_end(report.from, now, zone));
  }
  if (range.from >= range.to) return fail(ErrorCode::kInvalid, "--from must be before --to, and before now");
  return range;
}

Status write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::kIo, "{} cannot be written", path.string());
  return {};
}

Result<ReportPage> page_of(const git::Repository& repository, const GitReport& report, const Policy& policy,
                           store::DerivedReader& reader, Instant now) {
  ReportPage page;
  page.version = kVersion;
  page.as_of = now;
  page.zone = policy.zone;
  ASSIGN_OR_RETURN(page.range, range_of(report, reader, policy.zone, now));
  ReportQuery query;
  query.range = page.range;
  query.as_of = now;
  const engine::Reporter reporter(policy);
  ASSIGN_OR_RETURN(const Report numbers, reporter.report(reader, query));
  RowNames names(reader);
  for (const MetricValue& number : numbers.metrics) {
    if (number.metric.text == metrics::kDeploymentFailureRate) {
      // Each tag is a success, so this would say 0 of every repository.
      ReportNumber& unknown = page.numbers.emplace_back();
      unknown.number.metric = number.metric;
      unknown.number.unknown = "tags do not tell of failed attempts";
      continue;
    }
    ASSIGN_OR_RETURN(ReportNumber one, number_with_rows(reporter, reader, query, number, names));
    page.numbers.push_back(std::move(one));
  }
  ASSIGN_OR_RETURN(page.months, months_of(reader, query, policy.zone));
  ASSIGN_OR_RETURN(const bool shallow, repository.shallow());
  if (shallow) {
    page.remarks.emplace_back(
        "This clone is shallow: commits and releases that were cut off are missing from every number. In CI, fetch the "
        "whole history with its tags.");
  }
  return page;
}

}  // namespace

Status write_git_report(const GitSource& source, const GitReport& report, const Config& config, const Clock& clock) {
  ASSIGN_OR_RETURN(const git::Repository repository, git::Repository::open(source.location));
  const auto journal = store::make_memory_journal();
  const auto derived = store::make_memory_derived();
  imports::GitImport what;
  what.release_tags = source.tags;
  ASSIGN_OR_RETURN(what.names, imports::history_names(repository, source.service));
  ASSIGN_OR_RETURN(const imports::GitImportCounts counts,
                   imports::import_git(repository, what, into_journal(*journal, clock), {}));
  {
    Progress progress("linking");
    RETURN_IF_ERROR(engine::project_all(*journal, *derived, config.policy, std::ref(progress)));
  }
  ASSIGN_OR_RETURN(const auto reader, derived->read());
  ASSIGN_OR_RETURN(ReportPage page, page_of(repository, report, config.policy, *reader, clock.now()));
  page.repository = what.names.service.empty() ? what.names.repository.text : what.names.service;
  if (counts.releases == 0) {
    page.remarks.push_back(
        fmt::format("No tag is a release by {}. Say with --tags what your releases are called.", source.tags));
  }
  return write_file(report.html, render(page));
}

}  // namespace fairlead::app
