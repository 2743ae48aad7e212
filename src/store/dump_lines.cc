#include "store/dump_lines.h"

#include "base/json_text.h"
#include "store/fact_query.h"

namespace fairlead::store {
namespace {

/// One line under construction. Members stand in the order in which they are added.
class Line {
 public:
  explicit Line(std::string_view table) : text_("{\"" + std::string(table) + "\":{") {}

  Line& raw(std::string_view name, std::string_view json) {
    if (text_.back() != '{') text_ += ',';
    append_json_string(text_, name);
    text_ += ':';
    text_ += json;
    return *this;
  }
  Line& add(std::string_view name, std::string_view value) {
    std::string json;
    append_json_string(json, value);
    return raw(name, json);
  }
  template <class Tag>
  Line& add(std::string_view name, const Name<Tag>& value) {
    return add(name, std::string_view(value.text));
  }
  Line& add(std::string_view name, const EntityKey& key) { return add(name, std::string_view(key.hex())); }
  Line& add(std::string_view name, Instant at) { return add(name, std::string_view(format_time(at))); }
  Line& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Line& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  template <class T>
  Line& optional(std::string_view name, const std::optional<T>& value) {
    return value ? add(name, *value) : raw(name, "null");
  }

  std::string take() {
    text_ += "}}";
    return std::move(text_);
  }

 private:
  std::string text_;
};

std::string json_of(const DaySummary& summary) {
  std::string json = "{\"count\":" + std::to_string(summary.count) + ",\"ones\":" + std::to_string(summary.ones);
  json += ",\"values\":[";
  for (std::size_t i = 0; i < summary.values.size(); ++i) {
    if (i > 0) json += ',';
    json += std::to_string(summary.values[i]);
  }
  json += "],\"excluded\":{";
  bool first = true;
  for (const auto& [reason, count] : summary.excluded) {
    if (!first) json += ',';
    first = false;
    append_json_string(json, reason);
    json += ':';
    json += std::to_string(count);
  }
  return json + "}}";
}

Line& add_place(Line& line, const SummaryPlace& place) {
  return line.add("metric", place.metric)
      .add("service", place.service)
      .add("environment", place.environment)
      .flag("simulated", place.simulated);
}

}  // namespace

std::string dump_line(const EntityRow& row) {
  const Place& place = row.place;
  return Line("entity")
      .add("key", row.key)
      .add("kind", to_string(kind_of(row.entity)))
      .add("service", place.service)
      .add("environment", place.environment)
      .add("repository", place.repository)
      .optional("at", place.at)
      .add("status", std::string_view(place.status))
      .flag("production", place.production)
      .flag("simulated", place.simulated)
      .raw("entity", to_json(row.entity, true))
      .take();
}

std::string dump_mention(const EntityKey& key, std::uint64_t term) {
  return Line("mention").add("key", key).add("term", std::string_view(fmt::format("{:016x}", term))).take();
}

std::string dump_line(const Edge& edge) {
  return Line("edge")
      .add("repository", edge.repository)
      .add("sha", edge.sha)
      .add("ancestor", edge.ancestor)
      .number("kind", static_cast<std::int64_t>(edge.kind))
      .take();
}

std::string dump_line(const DirtyService& mark) {
  std::string givers = "[";
  for (const auto& giver : mark.givers) givers += (givers.size() > 1 ? ",\"" : "\"") + giver.hex() + "\"";
  return Line("service_mark")
      .add("service", mark.service)
      .optional("since", mark.since)
      .raw("givers", givers + "]")
      .take();
}

std::string dump_line(const DirtyDay& mark) {
  Line line("day_mark");
  return add_place(line, mark.place).add("day", std::string_view(format_day(mark.day))).take();
}

std::string dump_line(const StreamDeployment& row) {
  return Line("stream")
      .add("deployment", row.deployment)
      .add("service", row.service)
      .add("environment", row.environment)
      .add("repository", row.repository)
      .add("finished_at", row.finished_at)
      .flag("baseline", row.baseline)
      .flag("ancestry_unknown", row.ancestry_unknown)
      .number("shipped_count", row.shipped_count)
      .take();
}

std::string dump_line(const Shipped& row) {
  return Line("shipped")
      .add("deployment", row.deployment)
      .add("repository", row.repository)
      .add("sha", row.sha)
      .add("service", row.service)
      .add("environment", row.environment)
      .take();
}

std::string dump_line(const Missing& row) {
  return Line("missing")
      .add("deployment", row.deployment)
      .add("repository", row.repository)
      .add("sha", row.sha)
      .add("service", row.service)
      .add("environment", row.environment)
      .add("since", row.since)
      .take();
}

std::string dump_line(const Evidence& row) {
  return Line("evidence")
      .add("by", row.by)
      .add("deployment", row.deployment)
      .add("kind", to_string(row.kind))
      .add("service", row.service)
      .add("at", row.at)
      .optional("remedied_at", row.remedied_at)
      .add("excluded", std::string_view(row.excluded))
      .take();
}

std::string dump_line(const Fact& fact) {
  Line line("fact");
  add_place(line.add("owner", fact.owner), place_of(fact))
      .add("at", fact.at)
      .add("subject", fact.subject)
      .add("subject_kind", to_string(fact.subject_kind))
      .flag("production", fact.production)
      .flag("first_in_production", fact.first_in_production)
      .raw("value", fact.value ? std::to_string(*fact.value) : "null")
      .add("excluded", std::string_view(fact.excluded));
  return line.take();
}

std::string dump_line(const SummaryPlace& place, Day day, const DaySummary& summary) {
  Line line("summary");
  return add_place(line, place).add("day", std::string_view(format_day(day))).raw("summary", json_of(summary)).take();
}

std::string dump_line(const KnownSince& row) {
  return Line("known_since")
      .add("service", row.service)
      .add("kind", to_string(row.kind))
      .flag("simulated", row.simulated)
      .add("since", row.since)
      .take();
}

}  // namespace fairlead::store
