#pragma once

#include <functional>
#include <map>

#include "store/sqlite/derived_view.h"

namespace fairlead::store::sqlite {

/// The one write transaction on the writing connection. Failures gather in the database's status until `commit`.
class Writer final : public View, public DerivedWriter {
 public:
  /// `ended` is called once, when the transaction is over; the connection must outlive it.
  Writer(Database& database, NameTable& names, std::function<void()> ended);
  ~Writer() override;

  Status begin();

  void set_position(std::uint32_t lane, std::uint64_t sequence) override;
  void set_setting(std::string_view name, std::string_view value) override;
  void put_outcome(const DeliveryOutcome& outcome) override;
  void put_entity(const EntityRow& row, const std::vector<Mention>& mentions) override;
  std::vector<bool> add_edges(std::span<const Edge> edges) override;
  void mark_service(const ServiceName& service, std::optional<Instant> since,
                    std::span<const EntityKey> givers) override;
  void clear_service_mark(const ServiceName& service, std::uint64_t version) override;
  void mark_day(const DirtyDay& day) override;
  void clear_day_mark(const DirtyDay& day) override;
  void replace_stream(const EntityKey& deployment, std::span<const StreamDeployment> rows,
                      std::span<const Shipped> shipped, std::span<const Missing> missing) override;
  void replace_evidence(const EntityKey& giver, std::span<const Evidence> rows) override;
  void replace_facts(const EntityKey& owner, std::span<const Fact> rows) override;
  void replace_known_since(const ServiceName& service, std::span<const KnownSince> rows) override;
  void put_summary(const SummaryPlace& place, Day day, const DaySummary& summary) override;
  void drop_links() override;
  Status commit() override;

 private:
  using Counts = std::map<std::int64_t, std::int64_t>;  ///< Number to change.

  void flush() override;
  /// Runs a statement; a failure is kept by the database.
  template <class... Args>
  void run(std::string_view sql, const Args&... args) {
    static_cast<void>(database_.execute(sql, args...));
  }
  void note(const Error& error);
  void end();

  struct StoredEntity;
  std::optional<StoredEntity> stored_entity(const EntityKey& key);
  void replace_mentions(std::int64_t entity, EntityKind kind, std::string_view before, std::string_view after);
  void count_place(std::int64_t service, std::int64_t environment, std::int64_t change);
  void erase_fact(const Fact& fact);
  void put_fact(const Fact& fact);
  std::int64_t make_place(const SummaryPlace& place);
  std::int64_t make_number(const EntityKey& key);
  std::uint64_t next_version();

  std::function<void()> ended_;
  bool open_ = false;
  std::optional<Error> error_;  ///< What no statement reported: a stored value that cannot be read.
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> outcome_changes_;  ///< By (source, outcome).
  Counts service_changes_;
  Counts environment_changes_;
};

}  // namespace fairlead::store::sqlite
