#include "sources/events/event_types.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

/// An incident without any time was opened when we first heard of it. That is weaker than any word of the sender, and
/// of several such events the first counts: hence the rank below all others, and the time upside down.
Register<Instant> first_heard(Instant received_at) {
  return {Stamp{-1, Instant{-received_at.ms}}, received_at};
}

}  // namespace

void read_incident(EventFields& in, EventSink* sink) {
  const IdText id = in.id("id");
  const std::string_view service = in.name("service");
  const std::string_view environment = in.name("environment");
  const std::string_view severity = in.name("severity");
  const std::string_view title = in.text("title");
  const auto opened_at = in.time("opened_at");
  const auto acknowledged_at = in.time("acknowledged_at");
  const auto resolved_at = in.time("resolved_at");
  const IdText deployment_id = in.id("deployment_id");
  const std::string_view caused_by_sha = in.sha("caused_by_sha");
  const std::string_view caused_by_version = in.name("caused_by_version");
  const RepositoryName repository = in.repository("repository");
  const std::string_view url = in.url("url");
  const bool simulated = in.flag("simulated");
  if (id.empty()) {
    in.require("service", "what is degraded, for example \"api\" (or give the incident's \"id\")");
    in.require("opened_at", "when it began; an incident without an \"id\" is told from others by it");
  }
  if (in.failed() || sink == nullptr) return;

  const Stamp stamp = in.stamp(0, sink->delivery);
  Incident out;
  out.identity.origin = sink->delivery.origin;
  out.identity.id =
      id.empty() ? derived_id({"incident", service, environment, title, time_part(opened_at)}) : std::string(id.view());
  put(out.service, stamp, service);
  put(out.environment, stamp, environment);
  if (!severity.empty()) {
    const auto known = parse_severity(severity);
    if (!known) sink->count_unknown("incident.severity", severity);
    put(out.severity, stamp, known);
  }
  put(out.title, stamp, cut_text(title));
  put(out.opened_at, stamp, opened_at);
  if (!in.said_at()) out.opened_at = first_heard(sink->delivery.received_at);
  put(out.acknowledged_at, stamp, known_or_none(in, "acknowledged_at", acknowledged_at));
  put(out.resolved_at, stamp, known_or_none(in, "resolved_at", resolved_at));
  put(out.deployment_id, stamp, deployment_id.view());
  put(out.caused_by_sha, stamp, caused_by_sha);
  put(out.caused_by_version, stamp, caused_by_version);
  put(out.repository, stamp, repository);
  put(out.url, stamp, url);
  put_simulated(out.simulated, stamp, simulated);
  sink->add(std::move(out));
}

}  // namespace fairlead::sources
