// The words for enums that the API, exports and stored rows share.

#include "base/check.h"
#include "model/facts.h"
#include "model/links.h"
#include "model/observation.h"
#include "model/report.h"

namespace fairlead {

std::string_view to_string(Interval interval) {
  switch (interval) {
    case Interval::kDay:
      return "day";
    case Interval::kWeek:
      return "week";
    case Interval::kMonth:
      return "month";
  }
  CHECK(false);
  return {};
}

std::optional<Interval> interval_of(std::string_view name) {
  for (const Interval interval : {Interval::kDay, Interval::kWeek, Interval::kMonth}) {
    if (name == to_string(interval)) return interval;
  }
  return std::nullopt;
}

std::string_view to_string(DataKind kind) {
  switch (kind) {
    case DataKind::kDeployments:
      return "deployments";
    case DataKind::kCommits:
      return "commits";
    case DataKind::kChanges:
      return "changes";
    case DataKind::kIncidents:
      return "incidents";
    case DataKind::kClassification:
      return "classification";
  }
  CHECK(false);
  return {};
}

std::string_view to_string(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::kExplicit:
      return "explicit";
    case EvidenceKind::kRollback:
      return "rollback";
    case EvidenceKind::kRevert:
      return "revert";
    case EvidenceKind::kHotfix:
      return "hotfix";
    case EvidenceKind::kCanaryAbort:
      return "canary_abort";
    case EvidenceKind::kPerson:
      return "person";
    case EvidenceKind::kTimeWindow:
      return "time_window";
  }
  CHECK(false);
  return {};
}

std::string_view to_string(Interpretation::Outcome outcome) {
  switch (outcome) {
    case Interpretation::Outcome::kAccepted:
      return "accepted";
    case Interpretation::Outcome::kIgnored:
      return "ignored";
    case Interpretation::Outcome::kQuarantined:
      return "quarantined";
  }
  CHECK(false);
  return {};
}

}  // namespace fairlead
