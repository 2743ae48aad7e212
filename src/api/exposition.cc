#include "api/exposition.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <set>

#include "metrics/registry.h"

namespace fairlead::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

void put(MetricFamily& family, double value, Labels labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
}

MetricFamily one(MetricType type, std::string name, std::string help, double value, Labels labels = {}) {
  MetricFamily family{std::move(name), std::move(help), type, {}};
  put(family, value, std::move(labels));
  return family;
}

MetricFamily counter(std::string name, std::string help, std::uint64_t value) {
  return one(MetricType::Counter, std::move(name), std::move(help), static_cast<double>(value));
}

MetricFamily gauge(std::string name, std::string help, std::uint64_t value) {
  return one(MetricType::Gauge, std::move(name), std::move(help), static_cast<double>(value));
}

/// Units last, in base units, and no second one where the name says it already.
std::string series_name(const metrics::Definition& metric) {
  std::string name = "fairlead_" + std::string(metric.name);
  if (!name.ends_with(metric.unit)) name += "_" + std::string(metric.unit);
  return name;
}

using Pair = std::pair<ServiceName, EnvironmentName>;

Result<std::vector<Pair>> pairs_with_metrics(store::DerivedReader& reader, const metrics::Profile& profile) {
  std::set<Pair> pairs;
  for (const metrics::Definition& metric : profile.definitions) {
    ASSIGN_OR_RETURN(const std::vector<SummaryPlace> places, reader.summary_places(MetricName(metric.name)));
    for (const auto& place : places) {
      if (!place.simulated && !place.service.empty() && !place.environment.empty()) {
        pairs.emplace(place.service, place.environment);
      }
    }
  }
  return std::vector<Pair>(pairs.begin(), pairs.end());
}

}  // namespace

Result<std::string> Exposition::text() {
  Families families;
  families.push_back(one(MetricType::Gauge, "fairlead_build_info", "Always 1; the labels say what runs.", 1,
                         {{"version", context_->options.version}}));
  add_engine(families);
  add_spool(families);
  add_api(families);
  ASSIGN_OR_RETURN(const std::unique_ptr<store::DerivedReader> reader, context_->engine.read());
  add_outcomes(families, *reader);
  {
    const std::lock_guard lock(mutex_);
    const Instant now = context_->clock.now();
    if (!delivery_made_ || now - delivery_at_ >= kReportAge || now < delivery_at_) {
      ASSIGN_OR_RETURN(delivery_, delivery_metrics(*reader));
      delivery_at_ = now;
      delivery_made_ = true;
    }
    families.insert(families.end(), delivery_.begin(), delivery_.end());
  }
  for (MetricFamily& family : process_metrics()) families.push_back(std::move(family));
  // A family without series would leave a HELP line alone.
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(families);
}

void Exposition::add_engine(Families& families) const {
  const engine::EngineStats stats = context_->engine.stats();
  families.push_back(gauge("fairlead_ingest_queue_rows", "Deliveries that wait to be stored.", stats.queue_rows));
  families.push_back(gauge("fairlead_ingest_queue_bytes", "Bytes of deliveries that wait.", stats.queue_bytes));
  families.push_back(counter("fairlead_ingest_stored_total", "Deliveries stored since the start.", stats.appended));
  families.push_back(
      counter("fairlead_ingest_duplicates_total", "Deliveries that were there already.", stats.duplicates));
  families.push_back(counter("fairlead_ingest_conflicts_total", "Deliveries whose id came before with another body.",
                             stats.conflicts));
  families.push_back(
      counter("fairlead_ingest_refused_total", "Deliveries answered 503, because the queue was full.", stats.refused));
  families.push_back(counter("fairlead_ingest_failed_total", "Deliveries that storage refused.", stats.failed));
  families.push_back(counter("fairlead_ingest_commits_total", "Group commits to the journal.", stats.commits));
  families.push_back(
      gauge("fairlead_projection_lag_rows", "Stored deliveries that no report shows yet.", context_->gate.lag()));
  families.push_back(
      gauge("fairlead_dirty_services", "Services whose links are being computed again.", stats.dirty_services));
  families.push_back(counter("fairlead_derive_failures_total", "Rounds of projecting and linking that failed.",
                             stats.derive_failures));
  families.push_back(gauge("fairlead_storage_failed", "1 after a failed sync: nothing is taken until a restart.",
                           stats.storage_failed ? 1 : 0));
}

void Exposition::add_spool(Families& families) const {
  const std::optional<store::SpoolStats> spool = context_->engine.journal().spool();
  if (!spool) return;
  const Duration age = spool->oldest ? std::max(Duration{}, context_->clock.now() - *spool->oldest) : Duration{};
  families.push_back(gauge("fairlead_spool_rows", "Deliveries that wait here for the store.", spool->rows));
  families.push_back(gauge("fairlead_spool_bytes", "Bytes of the spool's files.", spool->bytes));
  families.push_back(gauge("fairlead_spool_bytes_max",
                           "Past this many bytes deliveries are refused while the store "
                           "is away.",
                           spool->bytes_max));
  families.push_back(one(MetricType::Gauge, "fairlead_spool_oldest_age_seconds",
                         "How long the oldest delivery has been waiting.", age.as_seconds()));
  families.push_back(
      counter("fairlead_spool_spooled_total", "Deliveries that were taken while the store was away.", spool->spooled));
  families.push_back(
      counter("fairlead_spool_delivered_total", "Deliveries that were handed over to the store.", spool->delivered));
  families.push_back(counter("fairlead_spool_set_aside_total",
                             "Deliveries that the store refused for good; their files are kept.", spool->set_aside));
  families.push_back(gauge("fairlead_spool_kept_bytes", "Bytes of the files that are kept.", spool->kept_bytes));
  families.push_back(
      gauge("fairlead_spool_store_away", "1 while the store does not answer.", spool->store_away ? 1 : 0));
  families.push_back(gauge("fairlead_spool_refusing",
                           "1 after a failed write to the spool: it takes nothing until a "
                           "restart.",
                           spool->refusing ? 1 : 0));
}

void Exposition::add_api(Families& families) const {
  families.push_back(context_->durations.collect());
  MetricFamily hooks{"fairlead_hook_signature_failures_total",
                     "Hook requests without a valid signature, by source.",
                     MetricType::Counter,
                     {}};
  for (const auto& [source, counters] : context_->hook_counters) {
    put(hooks, static_cast<double>(counters.signature_failures.load()), {{"source", source}});
  }
  put(hooks, static_cast<double>(context_->unknown_hooks.load()), {{"source", "unknown"}});
  families.push_back(std::move(hooks));
  families.push_back(counter("fairlead_token_failures_total", "Requests with a token that is not valid.",
                             context_->authorizer.failures()));
  families.push_back(
      counter("fairlead_login_failures_total", "Logins with a wrong name or password.", context_->logins.wrong()));
  families.push_back(gauge("fairlead_live_streams", "Open event streams.", context_->streams.clients()));
}

void Exposition::add_outcomes(Families& families, store::DerivedReader& reader) const {
  const auto counts = reader.outcome_counts();
  if (!counts) return;
  MetricFamily family{
      "fairlead_deliveries_total", "Deliveries in the journal by what became of them.", MetricType::Counter, {}};
  for (const char* outcome : {"accepted", "ignored", "quarantined"}) {
    const auto found = counts->find(outcome);
    put(family, found == counts->end() ? 0 : static_cast<double>(found->second), {{"outcome", outcome}});
  }
  families.push_back(std::move(family));
}

Result<Exposition::Families> Exposition::delivery_metrics(store::DerivedReader& reader) const {
  ASSIGN_OR_RETURN(const metrics::Profile* profile, metrics::find_profile("fairlead"));
  ASSIGN_OR_RETURN(std::vector<Pair> pairs, pairs_with_metrics(reader, *profile));
  const std::size_t omitted = pairs.size() - std::min(pairs.size(), kPairsMax);
  pairs.resize(pairs.size() - omitted);

  Families families;
  std::map<MetricName, std::size_t> place;
  for (const metrics::Definition& metric : profile->definitions) {
    if (!metric.part_of.empty()) continue;
    place[MetricName(metric.name)] = families.size();
    families.push_back(
        {series_name(metric), std::string(metric.formula) + " Over the last 7 days.", MetricType::Gauge, {}});
  }
  ReportQuery query;
  query.as_of = context_->clock.now();
  query.range = {query.as_of - Duration::days(7), query.as_of};
  for (const Pair& pair : pairs) {
    query.services = {pair.first};
    query.environments = {pair.second};
    ASSIGN_OR_RETURN(const Report report, context_->engine.reporter().report(reader, query));
    for (const MetricValue& number : report.metrics) {
      const auto found = place.find(number.metric);
      if (found == place.end() || !number.value) continue;
      put(families[found->second], *number.value, {{"environment", pair.second.text}, {"service", pair.first.text}});
    }
  }
  families.push_back(gauge("fairlead_metric_pairs_omitted",
                           "Pairs of service and environment beyond the limit, which have no series.", omitted));
  return families;
}

}  // namespace fairlead::api
