#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "store/sql/derived_view.h"
#include "store/sql/expected_rows.h"

namespace fairlead::store::sql {

/// The write transaction on one connection. Failures gather in the connection's status until `commit`.
class Writer final : public View, public DerivedWriter {
 public:
  /// `ended` is called once, when the transaction is over; the connection must outlive it.
  Writer(Connection& connection, NameTable& names, std::function<void()> ended);
  ~Writer() override;

  Status begin();

  void set_position(std::uint32_t lane, std::uint64_t sequence) override;
  void set_setting(std::string_view name, std::string_view value) override;
  bool remote() const override { return connection_.remote(); }
  // What is expected, or has just been read, is not asked for again.
  void expect(std::span<const EntityKey> deployments) override;
  Result<std::optional<EntityRow>> entity(const EntityKey& key) override;
  Result<std::vector<std::optional<EntityRow>>> entities_of(std::span<const EntityKey> keys) override;
  Result<std::vector<std::vector<EntityRow>>> mentioning_each(std::span<const Mention> terms, EntityKind kind) override;
  Result<std::vector<std::vector<Shipped>>> shippers_each(std::span<const CommitRef> commits) override;
  Result<std::vector<StreamDeployment>> streams_of(const EntityKey& deployment) override;
  Result<std::vector<Shipped>> shipped_by(const EntityKey& deployment) override;
  Result<std::vector<Missing>> missing_of(const EntityKey& deployment) override;
  Result<std::vector<Evidence>> evidence_on(const EntityKey& deployment) override;
  Result<std::vector<Evidence>> evidence_by(const EntityKey& giver) override;
  Result<std::vector<Fact>> facts_of(const EntityKey& owner) override;

  void put_outcomes(std::span<const DeliveryOutcome> outcomes) override;
  void put_entities(std::span<const EntityWrite> entities) override;
  std::vector<bool> add_edges(std::span<const Edge> edges) override;
  void mark_services(std::span<const ServiceMark> marks) override;
  void clear_service_mark(const ServiceName& service, std::uint64_t version) override;
  void mark_day(const DirtyDay& day) override;
  void clear_day_mark(const DirtyDay& day) override;
  void replace_stream(const EntityKey& deployment, std::span<const StreamDeployment> rows,
                      std::span<const Shipped> shipped, std::span<const Missing> missing) override;
  void replace_evidence(const EntityKey& giver, std::span<const Evidence> rows) override;
  void replace_facts(const EntityKey& owner, std::span<const Fact> rows) override;
  void replace_known_since(const ServiceName& service, std::span<const KnownSince> rows) override;
  void put_summaries(std::span<const SummaryWrite> summaries) override;
  void drop_links() override;
  Status commit() override;

 private:
  using Counts = std::map<std::int64_t, std::int64_t>;  ///< Number to change.

  void flush() override;
  /// Runs a statement; a failure is kept by the connection.
  template <class... Args>
  void run(std::string_view sql, const Args&... args) {
    static_cast<void>(connection_.execute(sql, args...));
  }
  void note(const Error& error);
  void end();

  struct StoredEntity;
  std::vector<std::optional<StoredEntity>> stored_entities(std::span<const EntityWrite> entities);
  void insert_entity(const EntityRow& row, const StoredEntity& now);
  void update_entity(EntityKind kind, const StoredEntity& before, StoredEntity now);
  void replace_mentions(std::int64_t entity, EntityKind kind, std::string_view before, std::string_view after);
  void count_place(std::int64_t service, std::int64_t environment, std::int64_t change);
  void erase_fact(const Fact& fact);
  void put_fact(const Fact& fact);
  std::int64_t make_number(const EntityKey& key);
  std::vector<std::int64_t> numbers_of(std::span<const EntityKey> keys);
  std::vector<std::int64_t> make_numbers(std::span<const EntityKey> keys);
  ExpectedRows& expected(const EntityKey& owner);
  void forget_reads();
  std::uint64_t next_versions(std::size_t count);
  void put_counts(std::int64_t place, std::int32_t month, const std::string& before,
                  std::span<const SummaryWrite* const> writes);
  void put_values(std::span<const SummaryWrite> summaries);
  void keep_up_evidence(const Evidence& row, bool there);
  void keep_up_shipper(const Shipped& row, bool there);

  std::function<void()> ended_;
  bool open_ = false;
  std::optional<Error> error_;  ///< What no statement reported: a stored value that cannot be read.
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> outcome_changes_;  ///< By (source, outcome).
  Counts service_changes_;
  Counts environment_changes_;
  Expected expected_;
  Memory<EntityKey, std::optional<EntityRow>> entities_read_;
  std::map<EntityKind, Memory<Mention, std::vector<EntityRow>>> mentions_read_;
  Memory<CommitRef, std::vector<Shipped>> shippers_read_;
};

}  // namespace fairlead::store::sql
