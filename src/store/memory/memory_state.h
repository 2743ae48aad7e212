#pragma once

// The tables of the memory store as plain ordered maps, and every change to them. Nothing here knows of transactions.

#include <map>
#include <set>
#include <tuple>

#include "store/entity_query.h"
#include "store/fact_query.h"
#include "store/store.h"

namespace fairlead::store::memory {

struct StoredEntity {
  EntityRow row;
  std::set<Mention> mentions;
};

/// What the walk of one deployment left behind.
struct Links {
  std::map<std::tuple<ServiceName, EnvironmentName, RepositoryName>, StreamDeployment> streams;
  std::set<Shipped> shipped;
  std::set<Missing> missing;
  bool empty() const { return streams.empty() && shipped.empty() && missing.empty(); }
};

struct ListOrder {
  bool operator()(const ListPosition& a, const ListPosition& b) const { return comes_before(a, b, true); }
};

/// A fact within its summary place.
struct FactSlot {
  Instant at;
  EntityKey subject;
  EntityKey owner;
  friend auto operator<=>(const FactSlot&, const FactSlot&) = default;
};

struct State {
  std::map<std::uint32_t, std::uint64_t> positions;
  std::map<std::string, std::string, std::less<>> settings;
  std::map<std::pair<std::uint64_t, std::uint32_t>, DeliveryOutcome> outcomes;  ///< By (sequence, lane).

  std::map<EntityKey, StoredEntity> entities;
  std::map<EntityKind, std::set<ListPosition, ListOrder>> lists;
  std::map<Mention, std::set<EntityKey>> mentioners;
  std::map<ServiceName, std::set<std::pair<Instant, EntityKey>>> successes;

  std::map<Edge, std::uint64_t> edges;  ///< To its row.
  std::map<RepositoryName, std::map<std::uint64_t, Edge>> edge_rows;

  std::map<ServiceName, DirtyService> service_marks;
  std::uint64_t last_version = 0;
  std::set<DirtyDay> day_marks;

  std::map<EntityKey, Links> links;  ///< By deployment.
  std::map<ServiceName, std::set<EntityKey>> stream_members;
  std::map<CommitRef, std::set<EntityKey>> shippers;
  std::map<CommitRef, std::set<EntityKey>> waiting;  ///< Deployments whose walk stopped at the commit.

  std::map<EntityKey, std::set<Evidence>> evidence;  ///< By giver.
  std::map<EntityKey, std::set<EntityKey>> givers;   ///< By deployment.

  std::map<EntityKey, std::vector<Fact>> facts;  ///< By owner.
  std::map<SummaryPlace, std::map<FactSlot, Fact>> facts_by_place;
  std::map<SummaryPlace, std::map<Day, DaySummary>> summaries;
  std::map<std::tuple<ServiceName, DataKind, bool>, KnownSince> known_since;  ///< By service, kind, simulated.

  void put_entity(const EntityRow& row, const std::vector<Mention>& mentions);
  bool add_edge(const Edge& edge);
  void mark_service(const ServiceName& service, std::optional<Instant> since, std::span<const EntityKey> givers_added);
  void replace_links(const EntityKey& deployment, Links links_now);
  void replace_evidence(const EntityKey& giver, std::set<Evidence> rows);
  void replace_facts(const EntityKey& owner, const std::vector<Fact>& rows);
  void put_summary(const SummaryPlace& place, Day day, const DaySummary& summary);
  void replace_known_since(const ServiceName& service, std::span<const KnownSince> rows);
  void drop_links();
};

}  // namespace fairlead::store::memory
