#include "engine/derive/live_news.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"

namespace fairlead::engine {

namespace {

/// Reasons can quote what a source sent; a live event is a nudge, not its content.
constexpr std::size_t kReasonBytesMax = 200;

void append_member(std::string& json, std::string_view name, std::string_view value) {
  json += json.empty() ? '{' : ',';
  append_json_string(json, name);
  json += ':';
  append_json_string(json, value);
}

void append_member(std::string& json, std::string_view name, std::int64_t value) {
  json += json.empty() ? '{' : ',';
  append_json_string(json, name);
  json += fmt::format(":{}", value);
}

std::string delivery_json(const store::DeliveryOutcome& outcome) {
  std::string json;
  append_member(json, "lane", outcome.position.lane);
  append_member(json, "sequence", static_cast<std::int64_t>(outcome.position.sequence));
  append_member(json, "source", outcome.source.text);
  append_member(json, "outcome", to_string(outcome.outcome));
  append_member(json, "reason", clean_utf8(outcome.reason, kReasonBytesMax));
  append_member(json, "observations", outcome.observations);
  return json + '}';
}

std::string entity_json(const store::EntityRow& row) {
  std::string json;
  append_member(json, "kind", to_string(kind_of(row.entity)));
  append_member(json, "key", row.key.hex());
  append_member(json, "service", row.place.service.text);
  append_member(json, "environment", row.place.environment.text);
  append_member(json, "status", row.place.status);
  return json + '}';
}

std::string report_json(std::uint64_t sequence, const std::set<ServiceName>& services) {
  std::string json;
  append_member(json, "sequence", static_cast<std::int64_t>(sequence));
  json += R"(,"services":[)";
  bool first = true;
  for (const ServiceName& service : services) {
    if (!std::exchange(first, false)) json += ',';
    append_json_string(json, service.text);
  }
  return json + "]}";
}

template <class T>
void push_bounded(std::deque<T>& queue, const T& item, std::size_t items_max) {
  if (queue.size() == items_max) queue.pop_front();
  queue.push_back(item);
}

}  // namespace

void LiveNews::add(const ProjectedBatch& batch) {
  if (batch.outcomes.empty()) return;
  pending_ = true;
  sequence_ = batch.position;
  const auto newest = [](const auto& rows, std::size_t rows_max) {
    return rows.end() - static_cast<std::ptrdiff_t>(std::min(rows.size(), rows_max));
  };
  for (auto it = newest(batch.outcomes, kDeliveriesMax); it != batch.outcomes.end(); ++it) {
    push_bounded(deliveries_, *it, kDeliveriesMax);
  }
  for (auto it = newest(batch.entities, kEntitiesMax); it != batch.entities.end(); ++it) {
    push_bounded(entities_, *it, kEntitiesMax);
  }
  for (const store::EntityRow& row : batch.entities) {
    if (services_.size() >= kServicesMax) break;
    if (!row.place.service.empty()) services_.insert(row.place.service);
  }
}

std::vector<LiveHub::Item> LiveNews::take() {
  std::vector<LiveHub::Item> items;
  items.reserve(deliveries_.size() + entities_.size() + 1);
  for (const auto& outcome : deliveries_) items.push_back({"delivery", delivery_json(outcome)});
  for (const auto& row : entities_) items.push_back({"entity", entity_json(row)});
  items.push_back({"report", report_json(sequence_, services_)});
  pending_ = false;
  deliveries_.clear();
  entities_.clear();
  services_.clear();
  return items;
}

}  // namespace fairlead::engine
