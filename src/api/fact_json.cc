#include "api/fact_json.h"

#include "api/entity_json.h"

namespace fairlead::api {

namespace json = boost::json;

Result<json::object> FactJson::summary(const EntityKey& key) {
  if (const auto found = summaries_.find(key); found != summaries_.end()) return found->second;
  ASSIGN_OR_RETURN(const std::optional<store::EntityRow> row, reader_->entity(key));
  json::object made = row ? entity_summary(*row) : json::object{{"key", key.hex()}};
  summaries_.emplace(key, made);
  return made;
}

Result<json::object> FactJson::summary(EntityKind kind, const EntityKey& key) {
  ASSIGN_OR_RETURN(json::object made, summary(key));
  made["type"] = to_string(kind);
  return made;
}

Result<json::object> FactJson::fact(const Fact& fact, std::string_view unit) {
  json::object out;
  out["metric"] = fact.metric.text;
  out["at"] = format_time(fact.at);
  out["service"] = fact.service.text;
  out["environment"] = fact.environment.text;
  out["production"] = fact.production;
  out["first_in_production"] = fact.first_in_production;
  out["simulated"] = fact.simulated;
  if (!fact.value) {
    out["value"] = nullptr;
  } else if (unit == "seconds") {
    out["value"] = static_cast<double>(*fact.value) / 1000.0;
  } else {
    out["value"] = *fact.value;
  }
  if (fact.excluded.empty()) {
    out["excluded"] = nullptr;
  } else {
    out["excluded"] = fact.excluded;
  }
  ASSIGN_OR_RETURN(out["subject"], summary(fact.subject_kind, fact.subject));
  ASSIGN_OR_RETURN(out["owner"], summary(fact.owner));
  return out;
}

Result<json::object> FactJson::evidence(const Evidence& evidence) {
  json::object out;
  out["kind"] = to_string(evidence.kind);
  out["at"] = format_time(evidence.at);
  out["remedied_at"] = evidence.remedied_at ? json::value(format_time(*evidence.remedied_at)) : json::value(nullptr);
  out["excluded"] = evidence.excluded.empty() ? json::value(nullptr) : json::value(evidence.excluded);
  ASSIGN_OR_RETURN(out["by"], summary(evidence.by));
  return out;
}

Result<json::array> FactJson::evidence_on(const EntityKey& deployment) {
  ASSIGN_OR_RETURN(const std::vector<Evidence> rows, reader_->evidence_on(deployment));
  json::array out;
  for (const Evidence& row : rows) {
    ASSIGN_OR_RETURN(json::object item, evidence(row));
    out.push_back(std::move(item));
  }
  return out;
}

const std::vector<std::string>& FactJson::fact_columns() {
  static const std::vector<std::string> kColumns{
      "metric",    "at",    "service",  "environment", "production", "first_in_production",
      "simulated", "value", "excluded", "subject",     "owner"};
  return kColumns;
}

}  // namespace fairlead::api
