#include "sources/events/event_types.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

constexpr std::size_t kLabelsMax = 200;

using Labels = std::map<std::string, std::string>;

Labels read_labels(EventFields& in, bool keep) {
  Labels labels;
  in.each_member("labels", kLabelsMax, [&](std::string_view key, simdjson::dom::element value) {
    const std::string_view text = in.text_of("labels", value);
    if (keep) labels.insert_or_assign(std::string(key), cut_text(text));
  });
  return labels;
}

std::string joined(const Labels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) out += key + "=" + value + "\n";
  return out;
}

std::optional<AlertStatus> parse_alert_status(std::string_view word) {
  for (const auto status : {AlertStatus::kFiring, AlertStatus::kResolved}) {
    if (word == to_string(status)) return status;
  }
  return std::nullopt;
}

}  // namespace

void read_alert(EventFields& in, EventSink* sink) {
  const std::string_view fingerprint = in.name("fingerprint");
  const std::string_view name = in.name("name");
  const std::string_view severity = in.name("severity");
  const std::string_view service = in.name("service");
  const std::string_view environment = in.name("environment");
  const std::string_view status = in.name("status");
  const auto starts_at = in.time("starts_at");
  const auto ends_at = in.time("ends_at");
  Labels labels = read_labels(in, sink != nullptr);
  const std::string_view description = in.text("description");
  const bool simulated = in.flag("simulated");
  in.require("starts_at", "when it began to fire; a later alert with the same fingerprint is told from it by this");
  if (fingerprint.empty())
    in.require("name", "the alert's name, for example \"HighErrorRate\" (or its \"fingerprint\")");
  if (in.failed() || sink == nullptr) return;

  const Stamp stamp = in.stamp(0, sink->delivery);
  const std::string own_fingerprint = fingerprint.empty()
                                          ? derived_id({"alert", name, service, environment, joined(labels)})
                                          : std::string(fingerprint);
  Alert out;
  out.identity = {sink->delivery.origin, own_fingerprint + "/" + format_time(*starts_at)};
  put(out.fingerprint, stamp, own_fingerprint);
  put(out.name, stamp, name);
  if (!severity.empty()) {
    const auto known = parse_severity(severity);
    if (!known) sink->count_unknown("alert.severity", severity);
    put(out.severity, stamp, known);
  }
  put(out.service, stamp, service);
  put(out.environment, stamp, environment);
  if (!status.empty()) {
    const auto known = parse_alert_status(status);
    if (!known) sink->count_unknown("alert.status", status);
    put(out.status, stamp, known);
  }
  put(out.starts_at, stamp, starts_at);
  put(out.ends_at, stamp, known_or_none(in, "ends_at", ends_at));
  if (in.has("labels")) out.labels = {stamp, std::move(labels)};
  put(out.description, stamp, cut_text(description));
  put_simulated(out.simulated, stamp, simulated);
  sink->add(std::move(out));
}

}  // namespace fairlead::sources
