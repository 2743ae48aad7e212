#pragma once

#include "store/fact_query.h"
#include "store/sql/derived_rows.h"

namespace fairlead::store::sql {

/// Every read, over one connection that stands in a transaction.
class View : public virtual DerivedReader {
 public:
  Result<std::uint64_t> position(std::uint32_t lane) override;
  Result<std::map<std::uint32_t, std::uint64_t>> positions() override;
  Result<std::string> setting(std::string_view name) override;
  Result<std::map<std::string, std::string>> settings() override;
  Result<std::vector<DeliveryOutcome>> outcomes(std::optional<JournalPosition> before, std::size_t limit) override;
  Result<std::vector<DeliveryOutcome>> outcomes_of(const SourceName& source, std::optional<JournalPosition> before,
                                                   std::size_t limit) override;
  Result<std::map<std::string, std::int64_t>> outcome_counts() override;
  Result<std::map<SourceName, std::map<std::string, std::int64_t>>> outcome_counts_by_source() override;
  Result<std::optional<EntityRow>> entity(const EntityKey& key) override;
  Result<std::vector<std::optional<EntityRow>>> entities_of(std::span<const EntityKey> keys) override;
  Result<EntityPage> entities(const EntityQuery& query) override;
  Result<std::vector<EntityRow>> mentioning(const Mention& term, EntityKind kind) override;
  Result<std::vector<std::vector<EntityRow>>> mentioning_each(std::span<const Mention> terms, EntityKind kind) override;
  Result<std::vector<ServiceName>> services() override;
  Result<std::vector<EnvironmentName>> environments() override;
  Result<std::vector<EntityRow>> successes(const ServiceName& service, std::optional<Instant> from) override;
  Result<std::optional<EntityRow>> success_before(const ServiceName& service, const EnvironmentName& environment,
                                                  Instant at, const EntityKey& key) override;
  Result<std::vector<EntityRow>> successes_between(const ServiceName& service, const EnvironmentName& environment,
                                                   Instant from, Instant to) override;
  Result<std::vector<EdgeRow>> edges(const RepositoryName& repository, std::uint64_t after_row,
                                     std::size_t limit) override;
  Result<bool> has_ancestors(const RepositoryName& repository, const CommitSha& sha) override;
  Result<std::vector<bool>> have_ancestors(std::span<const CommitRef> commits) override;
  Result<std::vector<DirtyService>> dirty_services(std::size_t limit, const ServiceFilter& wanted) override;
  Result<std::vector<DirtyDay>> dirty_days(std::size_t limit, const ServiceFilter& wanted) override;
  Result<std::vector<StreamDeployment>> stream(const ServiceName& service) override;
  Result<std::vector<StreamDeployment>> stream_since(const ServiceName& service, std::optional<Instant> from) override;
  Result<std::vector<StreamDeployment>> streams_of(const EntityKey& deployment) override;
  Result<std::vector<std::vector<StreamDeployment>>> streams_of_each(std::span<const EntityKey> deployments) override;
  Result<std::vector<StreamDeployment>> baselines(const RepositoryName& repository) override;
  Result<std::vector<Shipped>> shipped_by(const EntityKey& deployment) override;
  Result<std::vector<Shipped>> shippers(const RepositoryName& repository, const CommitSha& sha) override;
  Result<std::vector<std::vector<Shipped>>> shippers_each(std::span<const CommitRef> commits) override;
  Result<std::vector<Missing>> missing_for(const RepositoryName& repository, const CommitSha& sha) override;
  Result<std::vector<std::vector<Missing>>> missing_each(std::span<const CommitRef> commits) override;
  Result<std::vector<Missing>> missing_of(const EntityKey& deployment) override;
  Result<std::vector<Evidence>> evidence_on(const EntityKey& deployment) override;
  Result<std::vector<Evidence>> evidence_by(const EntityKey& giver) override;
  Result<std::vector<Fact>> facts_of(const EntityKey& owner) override;
  Result<FactPage> facts(const FactQuery& query) override;
  Result<std::vector<std::vector<Fact>>> facts_of_days(std::span<const PlaceDay> days) override;
  Result<std::map<Day, DaySummary>> summaries(const SummaryPlace& place, Day first, Day last,
                                              bool with_values) override;
  Result<std::vector<BinCount>> value_bins(const SummaryPlace& place, Day first, Day last) override;
  Result<std::vector<SummaryPlace>> summary_places(const MetricName& metric) override;
  Result<std::vector<KnownSince>> known_since(const std::optional<ServiceName>& service) override;
  Status dump(const std::function<void(std::string_view line)>& sink) override;

 protected:
  // The same for many keys, one by one and in order.
  Result<std::vector<std::vector<Shipped>>> shipped_by_each(std::span<const EntityKey> deployments);
  Result<std::vector<std::vector<Missing>>> missing_of_each(std::span<const EntityKey> deployments);
  Result<std::vector<std::vector<Evidence>>> evidence_on_each(std::span<const EntityKey> deployments);
  Result<std::vector<std::vector<Evidence>>> evidence_by_each(std::span<const EntityKey> givers);
  Result<std::vector<std::vector<Fact>>> facts_of_each(std::span<const EntityKey> owners);

  View(Connection& connection, NameTable& names) : connection_(connection), names_(names) {}

  /// Writes what a writer has gathered and not written yet, so that it sees its own writes.
  virtual void flush() {}

  /// The answer where a name is stored nowhere: an empty one, unless the lookup failed.
  template <class T>
  Result<T> none() const {
    RETURN_IF_ERROR(names_.status());
    return T();
  }

  Connection& connection_;
  NameTable& names_;

 private:
  struct PlaceNumber {
    std::int64_t number;
    SummaryPlace place;
  };

  std::vector<DeliveryOutcome> outcome_rows(Query& query, std::size_t limit);
  Result<std::vector<PlaceNumber>> places_of(const FactQuery& query);
  Result<std::vector<std::vector<PlaceNumber>>> places_of_days(std::span<const FactQuery> queries);
  Status add_facts(const PlaceNumber& place, const FactQuery& query, const std::optional<FactPosition>& after,
                   std::vector<Fact>& rows);
  Fact fact_at(const Query& query, int column, const SummaryPlace& place);
  Result<std::map<Day, DaySummary>> counts(std::int64_t place, Day first, Day last);

  Status dump_entities(const std::function<void(std::string_view line)>& sink);
  Status dump_edges(const std::function<void(std::string_view line)>& sink);
  Status dump_marks(const std::function<void(std::string_view line)>& sink);
  Status dump_links(const std::function<void(std::string_view line)>& sink);
  Status dump_facts(const std::function<void(std::string_view line)>& sink);
  Status dump_summaries(const std::function<void(std::string_view line)>& sink);
};

}  // namespace fairlead::store::sql
