#include "model/entities.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/check.h"

namespace fairlead {
namespace {

// Each table is in the order of its enum, whose values are stored on disk and start at 0.
constexpr std::array<std::string_view, 7> kRunStatuses = {"unknown", "queued",    "running", "success",
                                                          "failed",  "cancelled", "skipped"};
constexpr std::array<std::string_view, 4> kDeploymentKinds = {"normal", "rollback", "hotfix", "rework"};
constexpr std::array<std::string_view, 4> kDeploymentVias = {"deployment", "release", "tag", "run"};
constexpr std::array<std::string_view, 4> kReviewStates = {"commented", "approved", "changes_requested", "dismissed"};
constexpr std::array<std::string_view, 4> kSeverities = {"low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 3> kFailureClasses = {"code", "infrastructure", "timeout"};
constexpr std::array<std::string_view, 2> kAlertStatuses = {"firing", "resolved"};

template <class Enum>
std::string_view name_in(std::span<const std::string_view> names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  CHECK(index < names.size());
  return names[index];
}

template <class Enum>
std::optional<Enum> value_in(std::span<const std::string_view> names, std::string_view text) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

template <class T>
bool join_field(Register<T>& field, const Register<T>& said) {
  return field.join(said);
}

/// Sets only grow.
template <class T>
bool join_field(std::set<T>& field, const std::set<T>& said) {
  const std::size_t before = field.size();
  field.insert(said.begin(), said.end());
  return field.size() != before;
}

/// More than any type has fields; checked below.
constexpr std::size_t kFieldsMax = 32;

/// `visit_fields` walks one entity at a time: a first walk notes where the observation's fields are, a second one joins
/// them into the entity's in the same order.
template <class T>
bool join_entity(T& entity, const T& observation) {
  CHECK(entity.identity == observation.identity);
  std::array<const void*, kFieldsMax> said{};
  std::size_t count = 0;
  observation.visit_fields([&](int, const char*, const auto& field) {
    CHECK(count < kFieldsMax);
    said[count++] = &field;
  });
  bool changed = false;
  std::size_t next = 0;
  entity.visit_fields([&](int, const char*, auto& field) {
    using Field = std::remove_reference_t<decltype(field)>;
    changed |= join_field(field, *static_cast<const Field*>(said[next++]));
  });
  return changed;
}

}  // namespace

std::string_view to_string(RunStatus status) {
  return name_in(kRunStatuses, status);
}

RunStatus parse_run_status(std::string_view text) {
  return value_in<RunStatus>(kRunStatuses, text).value_or(RunStatus::kUnknown);
}

std::int32_t status_rank(RunStatus status) {
  if (terminal(status)) return 2;
  return status == RunStatus::kRunning ? 1 : 0;
}

std::string_view to_string(DeploymentKind kind) {
  return name_in(kDeploymentKinds, kind);
}

std::optional<DeploymentKind> parse_deployment_kind(std::string_view text) {
  return value_in<DeploymentKind>(kDeploymentKinds, text);
}

std::string_view to_string(DeploymentVia via) {
  return name_in(kDeploymentVias, via);
}

std::optional<DeploymentVia> parse_deployment_via(std::string_view text) {
  return value_in<DeploymentVia>(kDeploymentVias, text);
}

std::string_view to_string(ReviewState state) {
  return name_in(kReviewStates, state);
}

std::string_view to_string(Severity severity) {
  return name_in(kSeverities, severity);
}

std::optional<Severity> parse_severity(std::string_view text) {
  return value_in<Severity>(kSeverities, text);
}

std::string_view to_string(FailureClass failure) {
  return name_in(kFailureClasses, failure);
}

std::optional<FailureClass> parse_failure_class(std::string_view text) {
  return value_in<FailureClass>(kFailureClasses, text);
}

std::string_view to_string(AlertStatus status) {
  return name_in(kAlertStatuses, status);
}

EntityKind kind_of(const Entity& entity) {
  return std::visit([](const auto& e) { return std::remove_cvref_t<decltype(e)>::kKind; }, entity);
}

const EntityIdentity& identity_of(const Entity& entity) {
  return std::visit([](const auto& e) -> const EntityIdentity& { return e.identity; }, entity);
}

EntityKey key_of(const Entity& entity) {
  return std::visit([](const auto& e) { return key_of(e); }, entity);
}

bool join(Entity& entity, const Entity& observation) {
  CHECK(entity.index() == observation.index());
  return std::visit(
      [&](auto& e) { return join_entity(e, std::get<std::remove_reference_t<decltype(e)>>(observation)); }, entity);
}

}  // namespace fairlead
