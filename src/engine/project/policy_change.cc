#include "engine/project/policy_change.h"

#include <string>
#include <string_view>

#include "base/hash.h"
#include "engine/project/touched.h"
#include "model/mentions.h"

namespace fairlead::engine {

namespace {

constexpr std::string_view kFingerprintSetting = "policy";
constexpr std::string_view kInterpretationSetting = "interpretation";

/// Before every time that a source can write (0001-01-01), and far enough from the ends of the type for arithmetic.
constexpr Instant kBeforeEverything{-62'135'596'800'000};

constexpr std::size_t kEntitiesPerPage = 1'000;

/// What of the policy the sources read when they interpret: which labels make a ticket an incident.
std::string interpretation_fingerprint(const Policy& policy) {
  std::string text;
  for (const std::string& label : policy.incident_labels) text += fmt::format("{}:{};", label.size(), label);
  return to_hex(bytes_of(sha256(text)));
}

/// Rewrites the entities of one page whose place or terms the policy moved. Incidents without a service are collected:
/// no service's mark reaches them.
Status replace_page(store::Derived& derived, const Policy& policy, store::EntityPage& page, Touched& homeless) {
  std::vector<store::EntityRow> moved;
  for (store::EntityRow& row : page.rows) {
    Place place = place_of(row.entity, policy);
    const bool moves = place != row.place;
    row.place = std::move(place);
    if (std::holds_alternative<Incident>(row.entity) && row.place.service.empty()) homeless.add(row, false);
    if (moves) moved.push_back(std::move(row));
  }
  if (moved.empty()) return {};
  ASSIGN_OR_RETURN(const auto writer, derived.write());
  for (const store::EntityRow& row : moved) writer->put_entity(row, mentions_of(row.entity, row.place.service));
  return writer->commit();
}

Status replace_places(store::Derived& derived, const Policy& policy, Touched& homeless,
                      const std::function<bool()>& interrupted) {
  for (const EntityKind kind : {EntityKind::kRun, EntityKind::kTask, EntityKind::kDeployment, EntityKind::kChange,
                                EntityKind::kCommit, EntityKind::kIncident, EntityKind::kAlert, EntityKind::kCanary}) {
    store::EntityQuery query;
    query.kind = kind;
    query.limit = kEntitiesPerPage;
    do {
      if (interrupted && interrupted()) return fail(ErrorCode::kUnavailable, "stopped while adopting a new policy");
      store::EntityPage page;
      {
        ASSIGN_OR_RETURN(const auto reader, derived.read());
        ASSIGN_OR_RETURN(page, reader->entities(query));
      }
      query.cursor = page.next_cursor;
      RETURN_IF_ERROR(replace_page(derived, policy, page, homeless));
    } while (!query.cursor.empty());
  }
  return {};
}

Status mark_everything(store::DerivedWriter& writer, const Touched& homeless) {
  ASSIGN_OR_RETURN(Marks marks, marks_for(homeless, writer));
  for (const auto& [incident, naming] : homeless.incidents) marks.evidence(naming.service, incident);
  ASSIGN_OR_RETURN(const auto services, writer.services());
  for (const ServiceName& service : services) {
    if (!service.empty()) marks.since(service, kBeforeEverything);
  }
  marks.write(writer);
  return {};
}

}  // namespace

Result<bool> needs_replay(store::DerivedReader& reader, const Policy& policy) {
  ASSIGN_OR_RETURN(const std::string stored, reader.setting(kInterpretationSetting));
  return !stored.empty() && stored != interpretation_fingerprint(policy);
}

Status adopt_policy(store::Derived& derived, const Policy& policy, const std::function<bool()>& interrupted) {
  const std::string fingerprint = policy.fingerprint();
  std::string stored;
  {
    ASSIGN_OR_RETURN(const auto reader, derived.read());
    ASSIGN_OR_RETURN(stored, reader->setting(kFingerprintSetting));
  }
  if (stored == fingerprint) return {};

  Touched homeless;
  if (!stored.empty()) RETURN_IF_ERROR(replace_places(derived, policy, homeless, interrupted));
  ASSIGN_OR_RETURN(const auto writer, derived.write());
  if (!stored.empty()) {
    writer->drop_links();
    RETURN_IF_ERROR(mark_everything(*writer, homeless));
  }
  writer->set_setting(kFingerprintSetting, fingerprint);
  writer->set_setting(kInterpretationSetting, interpretation_fingerprint(policy));
  return writer->commit();
}

}  // namespace fairlead::engine
