#pragma once

// What Fairlead keeps, in two halves (design.md, Storage). The journal is the truth: deliveries, tokens, users, audit.
// Derived state is all the rest and can be dropped and rebuilt at any time. One contract suite (contract_test.cc) runs
// over every implementation, with `memory/` as the oracle.
//
// Threads: every method of a Journal and of a Derived may be called from any thread. Readers are snapshots, belong to
// one thread at a time each, and never block the writer. A Derived has one writer at a time, which the engine
// guarantees (invariant I10); a second `write()` while one is open is kUnavailable.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/codec.h"
#include "model/delivery.h"
#include "model/entities.h"
#include "model/facts.h"
#include "model/links.h"
#include "model/mentions.h"
#include "model/observation.h"
#include "store/value_bins.h"

namespace fairlead::store {

// ---------------------------------------------------------------------------------------------------------------------
// Journal

/// What became of one delivery offered to `append`.
struct Appended {
  enum class Outcome : std::uint8_t {
    kStored,     ///< On stable storage at `position`.
    kDuplicate,  ///< The same (origin, id) with the same body is there already, at `position` where its row still
                 ///< exists.
    kConflict,   ///< The same (origin, id) with another body is there: 409.
    kSpooled,    ///< On this machine's stable storage while the journal is away: it has no number yet.
  };
  Outcome outcome = Outcome::kStored;
  JournalPosition position;
};

/// How a journal does that keeps deliveries on this machine while the shared store is away (spool/). Times are those of
/// receipt; totals count since the start.
struct SpoolStats {
  std::uint64_t rows = 0;  ///< Waiting to be delivered.
  std::uint64_t bytes = 0;
  std::uint64_t bytes_max = 0;
  std::optional<Instant> oldest;  ///< Of those that wait.
  std::uint64_t spooled = 0;      ///< Answered from the spool.
  std::uint64_t delivered = 0;    ///< Handed over; those of an unknown outcome that the store had already, too.
  std::uint64_t set_aside = 0;    ///< Refused by the store for good and kept in a file for a person.
  std::uint64_t kept_bytes = 0;   ///< In such files.
  bool store_away = false;        ///< The latest attempt to write to the store failed.
  std::string store_error;        ///< Why.
  bool refusing = false;          ///< A write to the spool failed: it takes nothing until a restart.
  std::string error;              ///< What keeps waiting deliveries here although the store answers; mostly empty.
};

struct JournalRow {
  JournalPosition position;
  Delivery delivery;
};

/// viewer and ingest stand side by side; operator includes both, admin includes operator. Stored on disk, append only.
enum class Role : std::uint8_t { kIngest = 0, kViewer = 1, kOperator = 2, kAdmin = 3 };

struct TokenRow {
  std::string id;           ///< Public part, looked up by it.
  std::string secret_hash;  ///< SHA-256 of the whole token; the token itself is never stored.
  Role role = Role::kViewer;
  std::string name;
  Instant created_at;
  std::optional<Instant> revoked_at;
};

struct UserRow {
  std::string name;
  std::string password_hash;  ///< argon2id, encoded form.
  Role role = Role::kViewer;
  Instant created_at;
};

struct AuditRow {
  Instant at;
  std::string actor;   ///< Token id, user name, or `local` for the control socket.
  std::string action;  ///< `token.create`, `user.add`, `replay`, …
  std::string subject;
};

class SessionStore;

class Journal {
 public:
  virtual ~Journal() = default;

  virtual std::uint32_t lanes() const = 0;

  /// Appends all of `batch` in one transaction and returns when it is on stable storage: one outcome per delivery, in
  /// order. Deliveries of one batch that repeat each other are duplicates, too. Sequences of a lane are contiguous from
  /// 1. On an error nothing was appended, and after a failed sync the journal refuses everything until it is opened
  /// again; what the failed call carried may or may not be there then. A full disk is kIo, changes nothing, and heals
  /// once there is space. kUnavailable and kTimeout: a store elsewhere does not answer, and what the call carried may
  /// or may not be there.
  virtual Result<std::vector<Appended>> append(std::span<const Delivery> batch) = 0;
  /// Housekeeping that can wait until those whose deliveries were appended have their answers. Whoever appends calls it
  /// after each append; without it, appends do it themselves, later and slower.
  virtual void settle() {}
  /// A sync failed: `append` and the other writes refuse until the journal is opened again.
  virtual bool sync_failed() const { return false; }
  /// Nothing where the journal has no spool.
  virtual std::optional<SpoolStats> spool() const { return std::nullopt; }

  /// Rows of `lane` after `sequence`, in order, until `rows_max` or `bytes_max` of bodies (always at least one row, if
  /// there is one). A row whose checksum does not match is an error kCorrupt that names it. Never waits for a sync.
  virtual Result<std::vector<JournalRow>> read(std::uint32_t lane, std::uint64_t after_sequence, std::size_t rows_max,
                                               std::size_t bytes_max) = 0;
  virtual Result<std::optional<JournalRow>> row(JournalPosition position) = 0;
  virtual Result<std::uint64_t> last_sequence(std::uint32_t lane) = 0;
  /// Of all lanes, by lane.
  virtual Result<std::vector<std::uint64_t>> last_sequences();

  virtual Status put_token(const TokenRow& token) = 0;  ///< Inserts or replaces by id.
  virtual Result<std::optional<TokenRow>> token(std::string_view id) = 0;
  virtual Result<std::vector<TokenRow>> tokens() = 0;
  /// Ends the sessions of that user in the same transaction, as does `remove_user`.
  virtual Status put_user(const UserRow& user) = 0;
  virtual Result<std::optional<UserRow>> user(std::string_view name) = 0;
  virtual Result<std::vector<UserRow>> users() = 0;
  virtual Status remove_user(std::string_view name) = 0;  ///< Nothing happens where there is none.
  /// The logins that all replicas share (session_store.h); null where the store is one process's own.
  virtual SessionStore* sessions() { return nullptr; }
  virtual Status append_audit(const AuditRow& row) = 0;
  virtual Result<std::vector<AuditRow>> audit(std::size_t rows_max) = 0;  ///< Newest first.

  /// Reads every row and compares its checksum; calls `progress(done, total)` now and then. Returns the number of rows,
  /// or kCorrupt naming the first bad place.
  virtual Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// Derived state

/// What the projector made of one delivery.
struct DeliveryOutcome {
  JournalPosition position;
  SourceName source;
  Interpretation::Outcome outcome = Interpretation::Outcome::kAccepted;
  std::string reason;
  std::int64_t observations = 0;
  Instant received_at;
  friend bool operator==(const DeliveryOutcome&, const DeliveryOutcome&) = default;
};

/// An entity with its place, as lists and lookups need it.
struct EntityRow {
  EntityKey key;
  Entity entity;
  Place place;
};

/// A filter over one kind; empty members do not filter.
struct EntityQuery {
  EntityKind kind = EntityKind::kDeployment;
  std::vector<ServiceName> services;
  std::vector<EnvironmentName> environments;
  std::optional<RepositoryName> repository;
  std::vector<std::string> statuses;
  std::optional<Instant> from;  ///< place.at in [from, to)
  std::optional<Instant> to;
  std::optional<bool> simulated;
  std::string text;         ///< Case-insensitive part of the entity's id, title, version, pipeline, author or message.
  bool ascending = false;   ///< By (place.at, key); entities without a time come last.
  std::size_t limit = 100;  ///< At least 1.
  std::string cursor;       ///< Opaque, from the page before; another text is kInvalid.
};

/// A page of a search by `text` looks at no more than this many rows that pass the other filters; then it ends early,
/// possibly empty, with a cursor to go on.
inline constexpr std::size_t kTextScanRowsMax = 20'000;

struct EntityPage {
  std::vector<EntityRow> rows;
  std::string next_cursor;  ///< Empty at the end.
};

/// A service that must be linked again. `since` empty: evidence only. Versions tell a mark from a later one.
struct DirtyService {
  ServiceName service;
  std::optional<Instant> since;
  std::vector<EntityKey> givers;  ///< Incidents and overrides whose evidence must be decided again.
  std::uint64_t version = 0;
  friend bool operator==(const DirtyService&, const DirtyService&) = default;
};

/// Whether something of this service is meant; the service of a roll-up is empty.
using ServiceFilter = std::function<bool(const ServiceName&)>;

struct FactQuery {
  std::vector<MetricName> metrics;            ///< Empty: all.
  std::vector<ServiceName> services;          ///< Empty: all.
  std::vector<EnvironmentName> environments;  ///< Empty: rows with `production` and `first_in_production`.
  bool simulated = false;
  TimeRange range;
  std::optional<bool> excluded;  ///< Only rows that count (false) or only the excluded (true).
  std::size_t limit = SIZE_MAX;
  std::string cursor;
  bool ascending = true;  ///< By (at, subject, metric, service, environment, owner).
};

struct FactPage {
  std::vector<Fact> rows;
  std::string next_cursor;
};

/// One day of one summary; where the day begins and ends is the reporting zone's.
struct PlaceDay {
  SummaryPlace place;
  TimeRange day;
};

/// An edge as the graph cache reads it; `row` grows, so a cached graph is extended by the rows after the last one.
struct EdgeRow {
  std::uint64_t row = 0;
  CommitSha sha;
  CommitSha ancestor;
  EdgeKind kind = EdgeKind::kParent;
};

/// A consistent view of the derived state. All lists are in a fixed order, so equal states read equal.
class DerivedReader {
 public:
  virtual ~DerivedReader() = default;

  virtual Result<std::uint64_t> position(std::uint32_t lane) = 0;  ///< 0 before the first row.
  /// Of all lanes that have one.
  virtual Result<std::map<std::uint32_t, std::uint64_t>> positions() = 0;
  virtual Result<std::string> setting(std::string_view name) = 0;  ///< Empty when never set.
  virtual Result<std::map<std::string, std::string>> settings() = 0;
  virtual Result<std::vector<DeliveryOutcome>> outcomes(std::optional<JournalPosition> before,
                                                        std::size_t limit) = 0;  ///< Newest first.
  /// Those of one source, newest first.
  virtual Result<std::vector<DeliveryOutcome>> outcomes_of(const SourceName& source,
                                                           std::optional<JournalPosition> before,
                                                           std::size_t limit) = 0;
  virtual Result<std::map<std::string, std::int64_t>> outcome_counts() = 0;  ///< `accepted`, `ignored`, `quarantined`.
  /// The same for each source that sent something. Does not look at the deliveries themselves.
  virtual Result<std::map<SourceName, std::map<std::string, std::int64_t>>> outcome_counts_by_source() = 0;

  virtual Result<std::optional<EntityRow>> entity(const EntityKey& key) = 0;
  /// Those of `keys`, one by one and in order. One round trip where a network lies between.
  virtual Result<std::vector<std::optional<EntityRow>>> entities_of(std::span<const EntityKey> keys) = 0;
  virtual Result<EntityPage> entities(const EntityQuery& query) = 0;
  /// Entities of `kind` that mention `term`, by key.
  virtual Result<std::vector<EntityRow>> mentioning(const Mention& term, EntityKind kind) = 0;
  /// The same for many terms, one by one and in order.
  virtual Result<std::vector<std::vector<EntityRow>>> mentioning_each(std::span<const Mention> terms,
                                                                      EntityKind kind) = 0;
  virtual Result<std::vector<ServiceName>> services() = 0;  ///< With at least one entity, sorted.
  virtual Result<std::vector<EnvironmentName>> environments() = 0;

  /// Successful deployments of the service with a finish in [from, ∞), by (finish, key); `from` empty: all.
  virtual Result<std::vector<EntityRow>> successes(const ServiceName& service, std::optional<Instant> from) = 0;
  /// The latest success of the stream's service and environment before (at, key), or none.
  virtual Result<std::optional<EntityRow>> success_before(const ServiceName& service,
                                                          const EnvironmentName& environment, Instant at,
                                                          const EntityKey& key) = 0;
  /// Successes of (service, environment) with finish in [from, to], latest first: the incident's time window.
  virtual Result<std::vector<EntityRow>> successes_between(const ServiceName& service,
                                                           const EnvironmentName& environment, Instant from,
                                                           Instant to) = 0;

  virtual Result<std::vector<EdgeRow>> edges(const RepositoryName& repository, std::uint64_t after_row,
                                             std::size_t limit) = 0;
  virtual Result<bool> has_ancestors(const RepositoryName& repository, const CommitSha& sha) = 0;
  /// The same for many, one by one and in order.
  virtual Result<std::vector<bool>> have_ancestors(std::span<const CommitRef> commits) = 0;

  /// The first of those that `wanted` says yes to; without it, of all.
  virtual Result<std::vector<DirtyService>> dirty_services(std::size_t limit, const ServiceFilter& wanted = {}) = 0;
  virtual Result<std::vector<DirtyDay>> dirty_days(std::size_t limit, const ServiceFilter& wanted = {}) = 0;

  virtual Result<std::vector<StreamDeployment>> stream(
      const ServiceName& service) = 0;  ///< All streams of the service, by (environment, repository, finish, key).
  /// The rows of `stream` with a finish in [from, ∞); `from` empty: all.
  virtual Result<std::vector<StreamDeployment>> stream_since(const ServiceName& service,
                                                             std::optional<Instant> from) = 0;
  virtual Result<std::vector<StreamDeployment>> streams_of(const EntityKey& deployment) = 0;
  /// The same for many, one by one and in order.
  virtual Result<std::vector<std::vector<StreamDeployment>>> streams_of_each(
      std::span<const EntityKey> deployments) = 0;
  /// The baselines of all streams of the repository.
  virtual Result<std::vector<StreamDeployment>> baselines(const RepositoryName& repository) = 0;
  virtual Result<std::vector<Shipped>> shipped_by(const EntityKey& deployment) = 0;
  virtual Result<std::vector<Shipped>> shippers(const RepositoryName& repository, const CommitSha& sha) = 0;
  virtual Result<std::vector<std::vector<Shipped>>> shippers_each(std::span<const CommitRef> commits) = 0;
  virtual Result<std::vector<Missing>> missing_for(const RepositoryName& repository, const CommitSha& sha) = 0;
  virtual Result<std::vector<std::vector<Missing>>> missing_each(std::span<const CommitRef> commits) = 0;
  virtual Result<std::vector<Missing>> missing_of(const EntityKey& deployment) = 0;
  virtual Result<std::vector<Evidence>> evidence_on(const EntityKey& deployment) = 0;
  virtual Result<std::vector<Evidence>> evidence_by(const EntityKey& giver) = 0;

  virtual Result<std::vector<Fact>> facts_of(const EntityKey& owner) = 0;
  virtual Result<FactPage> facts(const FactQuery& query) = 0;
  /// The facts behind each day of a summary, one by one and in order. An empty environment means the rows with
  /// production and first_in_production: of all services if the service is empty, too, else of that service.
  virtual Result<std::vector<std::vector<Fact>>> facts_of_days(std::span<const PlaceDay> days) = 0;
  /// Summaries of the days in [first, last], by day. Counts and exclusions always; values only if `with_values`.
  virtual Result<std::map<Day, DaySummary>> summaries(const SummaryPlace& place, Day first, Day last,
                                                      bool with_values) = 0;
  /// How many values of the days in [first, last] lie in each bin, by bin: for ranges with more values than a report
  /// sorts exactly (limits::kExactValuesMax). Reads no values.
  virtual Result<std::vector<BinCount>> value_bins(const SummaryPlace& place, Day first, Day last) = 0;
  /// The (service, environment) pairs that have summaries of the metric.
  virtual Result<std::vector<SummaryPlace>> summary_places(const MetricName& metric) = 0;
  virtual Result<std::vector<KnownSince>> known_since(const std::optional<ServiceName>& service) = 0;

  /// Every derived row as one canonical text line each (`{"TABLE":{…}}`), in a fixed order: what `export` writes and
  /// hashes (invariants I3 and I4). Without the artefacts of arrival: positions, outcomes of deliveries, settings, row
  /// numbers and versions (docs/formats.md).
  virtual Status dump(const std::function<void(std::string_view line)>& sink) = 0;
};

/// One write transaction; sees its own writes. Destroying it without `commit` rolls back.
class DerivedWriter : public virtual DerivedReader {
 public:
  virtual void set_position(std::uint32_t lane, std::uint64_t sequence) = 0;
  virtual void set_setting(std::string_view name, std::string_view value) = 0;
  virtual void put_outcomes(std::span<const DeliveryOutcome> outcomes) = 0;
  void put_outcome(const DeliveryOutcome& outcome) { put_outcomes({&outcome, 1}); }

  /// Inserts or replaces, together with the terms that it mentions (the old ones go). A key stands here once.
  struct EntityWrite {
    EntityRow row;
    std::vector<Mention> mentions;
  };
  virtual void put_entities(std::span<const EntityWrite> entities) = 0;
  void put_entity(const EntityRow& row, const std::vector<Mention>& mentions) {
    const EntityWrite write{row, mentions};
    put_entities({&write, 1});
  }
  /// Returns which of the edges were new.
  virtual std::vector<bool> add_edges(std::span<const Edge> edges) = 0;

  struct ServiceMark {
    ServiceName service;
    std::optional<Instant> since;
    std::vector<EntityKey> givers;
  };
  /// Merges each with an existing mark: the least since, the union of givers, a new version. A service stands here
  /// once.
  virtual void mark_services(std::span<const ServiceMark> marks) = 0;
  void mark_service(const ServiceName& service, std::optional<Instant> since, std::span<const EntityKey> givers) {
    const ServiceMark mark{service, since, {givers.begin(), givers.end()}};
    mark_services({&mark, 1});
  }
  /// Removes the mark unless its version changed meanwhile.
  virtual void clear_service_mark(const ServiceName& service, std::uint64_t version) = 0;
  virtual void mark_day(const DirtyDay& day) = 0;
  virtual void clear_day_mark(const DirtyDay& day) = 0;

  /// Whether reading costs a round trip each time. Then entities, mentions and shippers that were read are remembered
  /// until they are written, so that reading many of them together beforehand pays.
  virtual bool remote() const { return false; }
  /// Says that the rows of these deployments (links, evidence, facts) are read and replaced next: where it pays they
  /// are read now, and what was remembered of others is forgotten.
  virtual void expect(std::span<const EntityKey> deployments) { static_cast<void>(deployments); }

  /// Each replaces all rows of its owner and writes only what differs. Rows are sets: the order they come in and
  /// repetitions mean nothing. Keys within an owner: a stream's place; an evidence row as a whole; of a fact its
  /// metric, place, time and subject (of two facts that agree in these, the greater stays).
  virtual void replace_stream(const EntityKey& deployment, std::span<const StreamDeployment> rows,
                              std::span<const Shipped> shipped, std::span<const Missing> missing) = 0;
  virtual void replace_evidence(const EntityKey& giver, std::span<const Evidence> rows) = 0;
  virtual void replace_facts(const EntityKey& owner, std::span<const Fact> rows) = 0;
  virtual void replace_known_since(const ServiceName& service, std::span<const KnownSince> rows) = 0;
  struct SummaryWrite {
    SummaryPlace place;
    Day day;
    DaySummary summary;  ///< An empty one removes the day.
  };
  /// A day of a place stands here once.
  virtual void put_summaries(std::span<const SummaryWrite> summaries) = 0;
  void put_summary(const SummaryPlace& place, Day day, const DaySummary& summary) {
    const SummaryWrite write{place, day, summary};
    put_summaries({&write, 1});
  }
  /// Drops links, facts, summaries, known_since and marks (a changed policy rebuilds them); entities and edges stay.
  virtual void drop_links() = 0;

  /// Errors of any call since the beginning surface here; then nothing was written.
  virtual Status commit() = 0;
};

/// The right to derive one part of what replicas share (fleet.h). Each time it changes hands the epoch grows.
struct Lease {
  std::uint32_t part = 0;
  std::uint64_t epoch = 0;
  friend auto operator<=>(const Lease&, const Lease&) = default;
};

class Derived {
 public:
  virtual ~Derived() = default;
  virtual Result<std::unique_ptr<DerivedReader>> read() = 0;
  /// kConflict while replicas live that rely on each other's leases (fleet.h).
  virtual Result<std::unique_ptr<DerivedWriter>> write() = 0;
  /// The same, but kConflict where one of the leases has gone to another replica; none can go before the commit.
  /// Without any lease, for what belongs to no part. A store that a single process has to itself asks nobody.
  virtual Result<std::unique_ptr<DerivedWriter>> write_under(std::span<const Lease> leases) {
    static_cast<void>(leases);
    return write();
  }
};

class Fleet;

/// Both halves as one implementation opens them, and the fleet where replicas share them.
struct Stores {
  Stores();
  Stores(std::unique_ptr<Journal> its_journal, std::unique_ptr<Derived> its_derived);
  Stores(std::unique_ptr<Journal> its_journal, std::unique_ptr<Derived> its_derived, std::unique_ptr<Fleet> its_fleet);
  Stores(Stores&&) noexcept;
  Stores& operator=(Stores&&) noexcept;
  ~Stores();

  std::unique_ptr<Journal> journal;
  std::unique_ptr<Derived> derived;
  std::unique_ptr<Fleet> fleet;
};

}  // namespace fairlead::store
