#include "engine/project/policy_change.h"

#include <string>
#include <string_view>

#include "base/hash.h"
#include "model/mentions.h"

namespace fairlead::engine {

namespace {

constexpr std::string_view kFingerprintSetting = "policy";
/// The fingerprint of the policy that is being adopted; empty when that is done.
constexpr std::string_view kAdoptingSetting = "policy.adopting";
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

Status check_interpretation(store::DerivedReader& reader, const Policy& policy) {
  ASSIGN_OR_RETURN(const std::string stored, reader.setting(kInterpretationSetting));
  if (stored.empty() || stored == interpretation_fingerprint(policy)) return {};
  return fail(ErrorCode::kConflict,
              "the configuration reads stored deliveries differently than before (incident labels): run `fairlead "
              "replay` once");
}

Status PolicyAdoption::adopt(store::Derived& derived, const std::function<bool()>& interrupted) {
  if (done_) return {};
  RETURN_IF_ERROR(begin(derived));
  if (done_) return {};
  RETURN_IF_ERROR(replace_places(derived, interrupted));
  return rebuild_links(derived);
}

Status PolicyAdoption::check(store::DerivedReader& reader) const {
  ASSIGN_OR_RETURN(const bool ours, rules(reader));
  if (ours) return {};
  return fail(
      ErrorCode::kConflict,
      "a replica that was started later works with another configuration, so this one derives nothing: give all "
      "replicas the same configuration and start this one again");
}

Result<bool> PolicyAdoption::rules(store::DerivedReader& reader) const {
  ASSIGN_OR_RETURN(const std::string adopting, reader.setting(kAdoptingSetting));
  if (!adopting.empty()) return adopting == fingerprint_;
  ASSIGN_OR_RETURN(const std::string adopted, reader.setting(kFingerprintSetting));
  return adopted == fingerprint_;
}

/// One transaction, so that nobody begins between our look and our word.
Status PolicyAdoption::begin(store::Derived& derived) {
  if (begun_) return {};
  ASSIGN_OR_RETURN(const auto writer, derived.write());
  ASSIGN_OR_RETURN(const std::string adopted, writer->setting(kFingerprintSetting));
  ASSIGN_OR_RETURN(const std::string adopting, writer->setting(kAdoptingSetting));
  if (adopted == fingerprint_ && adopting.empty()) {
    done_ = begun_ = true;
    return {};
  }
  if (adopted.empty()) {
    RETURN_IF_ERROR(finish(*writer));
  } else {
    writer->set_setting(kAdoptingSetting, fingerprint_);
    RETURN_IF_ERROR(writer->commit());
  }
  begun_ = true;
  return {};
}

Status PolicyAdoption::replace_places(store::Derived& derived, const std::function<bool()>& interrupted) {
  homeless_ = {};
  for (const EntityKind kind : {EntityKind::kRun, EntityKind::kTask, EntityKind::kDeployment, EntityKind::kChange,
                                EntityKind::kCommit, EntityKind::kIncident, EntityKind::kAlert, EntityKind::kCanary}) {
    store::EntityQuery query;
    query.kind = kind;
    query.limit = kEntitiesPerPage;
    do {
      if (interrupted && interrupted()) return fail(ErrorCode::kUnavailable, "stopped while adopting a new policy");
      ASSIGN_OR_RETURN(query.cursor, replace_page(derived, query));
    } while (!query.cursor.empty());
  }
  return {};
}

/// Rewrites the entities of one page whose place or terms the policy moved; returns the cursor of the next page. Read
/// and written in one transaction, because another replica may be done with this already and project on.
Result<std::string> PolicyAdoption::replace_page(store::Derived& derived, const store::EntityQuery& query) {
  ASSIGN_OR_RETURN(const auto writer, write(derived));
  ASSIGN_OR_RETURN(store::EntityPage page, writer->entities(query));
  for (store::EntityRow& row : page.rows) {
    Place place = place_of(row.entity, policy_);
    const bool moves = place != row.place;
    row.place = std::move(place);
    if (std::holds_alternative<Incident>(row.entity) && row.place.service.empty()) homeless_.add(row, false);
    if (moves) writer->put_entity(row, mentions_of(row.entity, row.place.service));
  }
  RETURN_IF_ERROR(writer->commit());
  return std::move(page.next_cursor);
}

Status PolicyAdoption::rebuild_links(store::Derived& derived) {
  ASSIGN_OR_RETURN(const auto writer, write(derived));
  ASSIGN_OR_RETURN(const std::string adopting, writer->setting(kAdoptingSetting));
  if (adopting.empty()) {  // A replica under the same policy was faster.
    done_ = true;
    return {};
  }
  writer->drop_links();
  RETURN_IF_ERROR(mark_everything(*writer, homeless_));
  return finish(*writer);
}

Status PolicyAdoption::finish(store::DerivedWriter& writer) {
  writer.set_setting(kFingerprintSetting, fingerprint_);
  writer.set_setting(kInterpretationSetting, interpretation_fingerprint(policy_));
  writer.set_setting(kAdoptingSetting, "");
  RETURN_IF_ERROR(writer.commit());
  done_ = true;
  return {};
}

Result<std::unique_ptr<store::DerivedWriter>> PolicyAdoption::write(store::Derived& derived) const {
  ASSIGN_OR_RETURN(auto writer, derived.write());
  RETURN_IF_ERROR(check(*writer));
  return writer;
}

}  // namespace fairlead::engine
