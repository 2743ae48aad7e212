#include "api/entity_json.h"

#include <array>
#include <boost/json/parse.hpp>
#include <map>
#include <set>
#include <type_traits>

#include "base/check.h"
#include "model/codec.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

// ---- Schemas of the types that fields have ----

template <class T>
struct Tag {};

json::object text_schema() {
  return {{"type", "string"}};
}
json::object time_schema() {
  return {{"type", "string"}, {"format", "date-time"}};
}

json::object schema_of(Tag<std::string>) {
  return text_schema();
}
template <class Name>
json::object schema_of(Tag<fairlead::Name<Name>>) {
  return text_schema();
}
json::object schema_of(Tag<Instant>) {
  return time_schema();
}
json::object schema_of(Tag<std::int64_t>) {
  return {{"type", "integer"}};
}
json::object schema_of(Tag<bool>) {
  return {{"type", "boolean"}};
}
json::object schema_of(Tag<std::optional<Instant>>) {
  return {{"type", json::array{"string", "null"}}, {"format", "date-time"}};
}
template <class Enum>
requires std::is_enum_v<Enum> json::object schema_of(Tag<Enum>) {
  // The numbers are dense from 0, so the words are the ones that to_string knows.
  json::array words;
  constexpr int kCount = std::is_same_v<Enum, DeploymentKind> || std::is_same_v<Enum, DeploymentVia> ||
                                 std::is_same_v<Enum, ReviewState> || std::is_same_v<Enum, Severity>
                             ? 4
                         : std::is_same_v<Enum, FailureClass> ? 3
                         : std::is_same_v<Enum, AlertStatus>  ? 2
                                                              : 7;
  for (int i = 0; i < kCount; ++i) words.emplace_back(to_string(static_cast<Enum>(i)));
  return {{"type", "string"}, {"enum", std::move(words)}};
}
json::object schema_of(Tag<CommitRef>) {
  return {{"type", "object"},
          {"required", json::array{"repository", "sha"}},
          {"properties", json::object{{"repository", text_schema()}, {"sha", text_schema()}}}};
}
json::object schema_of(Tag<Review>) {
  return {{"type", "object"},
          {"required", json::array{"at", "by", "state"}},
          {"properties",
           json::object{{"at", time_schema()}, {"by", text_schema()}, {"state", schema_of(Tag<ReviewState>{})}}}};
}
json::object schema_of(Tag<ListedCommit>) {
  return {{"type", "object"},
          {"required", json::array{"sha"}},
          {"properties", json::object{{"sha", text_schema()},
                                      {"authored_at", schema_of(Tag<std::optional<Instant>>{})},
                                      {"message", text_schema()}}}};
}
json::object schema_of(Tag<std::map<std::string, std::string>>) {
  return {{"type", "object"}, {"additionalProperties", text_schema()}};
}
template <class Item>
json::object schema_of(Tag<std::vector<Item>>) {
  return {{"type", "array"}, {"items", schema_of(Tag<Item>{})}};
}
template <class Item>
json::object schema_of(Tag<std::set<Item>>) {
  return {{"type", "array"}, {"items", schema_of(Tag<Item>{})}};
}
template <class T>
json::object schema_of(Tag<Register<T>>) {
  return schema_of(Tag<T>{});
}

// ---- Fields by kind ----

struct Field {
  std::string name;
  json::object schema;
};

template <class Kind>
std::vector<Field> fields_of_kind() {
  std::vector<Field> fields;
  const auto add = [&](int, const char* name, const auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (std::is_same_v<Member, Register<StatusAt>>) {
      return;  // as `status`, `status_at` and the times below, for every kind alike
    } else {
      fields.push_back({name, schema_of(Tag<Member>{})});
    }
  };
  const Kind sample{};
  sample.visit_fields(add);
  return fields;
}

std::vector<Field> fields_of(EntityKind kind) {
  switch (kind) {
    case EntityKind::kRun:
      return fields_of_kind<Run>();
    case EntityKind::kTask:
      return fields_of_kind<Task>();
    case EntityKind::kDeployment:
      return fields_of_kind<Deployment>();
    case EntityKind::kChange:
      return fields_of_kind<Change>();
    case EntityKind::kCommit:
      return fields_of_kind<Commit>();
    case EntityKind::kIncident:
      return fields_of_kind<Incident>();
    case EntityKind::kAlert:
      return fields_of_kind<Alert>();
    case EntityKind::kCanary:
      return fields_of_kind<Canary>();
    case EntityKind::kTarget:
      break;
  }
  return {};
}

constexpr std::array kPlaceMembers{"key",         "type",       "id",     "source", "service",
                                   "environment", "repository", "status", "at"};
constexpr std::array kStatusTimes{"queued_at", "started_at", "finished_at"};

bool has_status_register(EntityKind kind) {
  return kind == EntityKind::kRun || kind == EntityKind::kTask || kind == EntityKind::kDeployment ||
         kind == EntityKind::kCanary;
}

void put_text(json::object& out, std::string_view name, const std::string& text) {
  if (text.empty()) {
    out.erase(name);
  } else {
    out[name] = text;
  }
}

/// Where no field of its own says when, the status register does.
void put_status_times(json::object& out, const Register<StatusAt>& status) {
  if (!status || !status->at) return;
  const char* name = terminal(status->status)                ? "finished_at"
                     : status->status == RunStatus::kRunning ? "started_at"
                     : status->status == RunStatus::kQueued  ? "queued_at"
                                                             : nullptr;
  if (name != nullptr) out.emplace(name, format_time(*status->at));
}

template <class Kind>
void put_title(json::object& out, const Kind& entity) {
  const auto put = [&out](const char* name, const Register<std::string>& text) {
    if (text) out[name] = *text.value;
  };
  if constexpr (requires { entity.title; }) put("title", entity.title);
  if constexpr (requires { entity.version; }) put("version", entity.version);
  if constexpr (requires { entity.pipeline; }) put("pipeline", entity.pipeline);
  if constexpr (requires { entity.message; }) put("message", entity.message);
  if constexpr (requires { entity.name; }) put("name", entity.name);
  if constexpr (requires { entity.url; }) put("url", entity.url);
}

}  // namespace

json::object entity_json(const store::EntityRow& row) {
  json::object out = json::parse(to_json(row.entity, false)).as_object();
  const json::value origin = out["origin"];
  out.erase("origin");
  out["source"] = origin;
  put_text(out, "service", row.place.service.text);
  put_text(out, "environment", row.place.environment.text);
  put_text(out, "repository", row.place.repository.text);
  put_text(out, "status", row.place.status);
  if (row.place.at) out["at"] = format_time(*row.place.at);
  out["simulated"] = row.place.simulated;
  if (const auto* deployment = std::get_if<Deployment>(&row.entity)) {
    out["production"] = row.place.production;
    if (deployment->commits && !deployment->commits->empty()) out["sha"] = deployment->commits->front().sha.text;
  }
  std::visit(
      [&out](const auto& entity) {
        if constexpr (requires { entity.status->at; }) put_status_times(out, entity.status);
      },
      row.entity);
  return out;
}

json::object entity_schema(EntityKind kind) {
  json::object properties;
  for (const char* name : kPlaceMembers) properties[name] = text_schema();
  properties["at"] = time_schema();
  if (has_status_register(kind)) {
    properties["status_at"] = time_schema();
    for (const char* name : kStatusTimes) properties[name] = time_schema();
  }
  if (kind == EntityKind::kDeployment) properties["sha"] = text_schema();  // of the first of `commits`
  for (Field& field : fields_of(kind)) properties.emplace(field.name, std::move(field.schema));
  return {{"type", "object"},
          {"required", json::array{"type", "key", "id", "source", "simulated"}},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

std::vector<std::string> entity_columns(EntityKind kind) {
  std::vector<std::string> columns(kPlaceMembers.begin(), kPlaceMembers.end());
  const auto add = [&columns](std::string name) {
    if (std::ranges::find(columns, name) == columns.end()) columns.push_back(std::move(name));
  };
  if (has_status_register(kind)) {
    for (const char* name : kStatusTimes) add(name);
  }
  if (kind == EntityKind::kDeployment) add("sha");
  for (Field& field : fields_of(kind)) add(std::move(field.name));
  return columns;
}

json::object entity_summary(const store::EntityRow& row) {
  json::object out = entity_summary(kind_of(row.entity), row.key);
  out["id"] = identity_of(row.entity).id;
  out["source"] = identity_of(row.entity).origin.text;
  std::visit([&out](const auto& entity) { put_title(out, entity); }, row.entity);
  return out;
}

json::object entity_summary(EntityKind kind, const EntityKey& key) {
  return {{"type", to_string(kind)}, {"key", key.hex()}};
}

}  // namespace fairlead::api
