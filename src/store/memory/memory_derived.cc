// Transactions over plain maps. Two copies of the tables take turns: readers share the published one, a writer changes
// the other. Each change is a function that the writer applies at once and keeps; after a commit, the copy that was
// published before receives the same functions and is ready for the next writer. Only where a reader still holds it (or
// a transaction was rolled back) is a whole copy made. So readers never see half a transaction and never wait.

#include <mutex>

#include "base/check.h"
#include "store/memory/memory_store.h"
#include "store/memory/memory_view.h"

namespace fairlead::store::memory {
namespace {

using Change = std::function<void(State&)>;

/// The two copies. Thread-safe.
class Versions {
 public:
  std::shared_ptr<const State> acquire() {
    const std::lock_guard lock(mutex_);
    return published_;
  }

  /// Gives a snapshot back under the lock, so that `publish` sees for sure who still holds the copy.
  void release(std::shared_ptr<const State> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot.reset();
  }

  /// The copy for the next writer, or nothing while there is one.
  std::shared_ptr<State> begin() {
    const std::lock_guard lock(mutex_);
    if (writing_) return nullptr;
    writing_ = true;
    if (!spare_) return std::make_shared<State>(*published_);
    return std::exchange(spare_, nullptr);
  }

  void publish(std::shared_ptr<State> changed, const std::vector<Change>& changes) {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    std::swap(published_, changed);
    if (changed.use_count() > 1) return;
    for (const auto& change : changes) change(*changed);
    spare_ = std::move(changed);
  }

  void roll_back() {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }

 private:
  std::mutex mutex_;  ///< Guards everything below.
  std::shared_ptr<State> published_ = std::make_shared<State>();
  std::shared_ptr<State> spare_;  ///< Equal to the published one; empty when a copy must be made.
  bool writing_ = false;
};

class Reader final : public View {
 public:
  explicit Reader(std::shared_ptr<Versions> versions) : versions_(std::move(versions)), state_(versions_->acquire()) {}
  ~Reader() override { versions_->release(std::move(state_)); }

 private:
  const State& state() const override { return *state_; }

  std::shared_ptr<Versions> versions_;
  std::shared_ptr<const State> state_;
};

class Writer final : public View, public DerivedWriter {
 public:
  Writer(std::shared_ptr<Versions> versions, std::shared_ptr<State> state, bool remote)
      : versions_(std::move(versions)), state_(std::move(state)), remote_(remote) {}
  ~Writer() override {
    if (!committed_) versions_->roll_back();
  }

  void set_position(std::uint32_t lane, std::uint64_t sequence) override {
    apply([=](State& s) { s.positions[lane] = sequence; });
  }
  void set_setting(std::string_view name, std::string_view value) override {
    apply([name = std::string(name), value = std::string(value)](State& s) { s.settings[name] = value; });
  }
  void put_outcomes(std::span<const DeliveryOutcome> outcomes) override {
    for (const auto& outcome : outcomes) {
      apply([=](State& s) { s.outcomes[{outcome.position.sequence, outcome.position.lane}] = outcome; });
    }
  }
  void put_entities(std::span<const EntityWrite> entities) override {
    for (const EntityWrite& write : entities) {
      apply([write](State& s) { s.put_entity(write.row, write.mentions); });
    }
  }
  std::vector<bool> add_edges(std::span<const Edge> edges) override {
    std::vector<bool> is_new;
    for (const Edge& edge : edges) {
      is_new.push_back(!state_->edges.contains(edge));
      if (is_new.back()) apply([=](State& s) { s.add_edge(edge); });
    }
    return is_new;
  }
  void mark_services(std::span<const ServiceMark> marks) override {
    for (const auto& mark : marks) {
      apply([=](State& s) { s.mark_service(mark.service, mark.since, mark.givers); });
    }
  }
  void clear_service_mark(const ServiceName& service, std::uint64_t version) override {
    apply([=](State& s) {
      const auto mark = s.service_marks.find(service);
      if (mark != s.service_marks.end() && mark->second.version == version) s.service_marks.erase(mark);
    });
  }
  void mark_day(const DirtyDay& day) override {
    apply([=](State& s) { s.day_marks.insert(day); });
  }
  void clear_day_mark(const DirtyDay& day) override {
    apply([=](State& s) { s.day_marks.erase(day); });
  }
  void replace_stream(const EntityKey& deployment, std::span<const StreamDeployment> rows,
                      std::span<const Shipped> shipped, std::span<const Missing> missing) override {
    Links links{{}, {shipped.begin(), shipped.end()}, {missing.begin(), missing.end()}};
    for (const auto& row : rows) links.streams[{row.service, row.environment, row.repository}] = row;
    apply([=](State& s) { s.replace_links(deployment, links); });
  }
  void replace_evidence(const EntityKey& giver, std::span<const Evidence> rows) override {
    apply([=, set = std::set<Evidence>(rows.begin(), rows.end())](State& s) { s.replace_evidence(giver, set); });
  }
  void replace_facts(const EntityKey& owner, std::span<const Fact> rows) override {
    apply([=, set = fact_set(rows)](State& s) { s.replace_facts(owner, set); });
  }
  void replace_known_since(const ServiceName& service, std::span<const KnownSince> rows) override {
    apply([=, rows = std::vector(rows.begin(), rows.end())](State& s) { s.replace_known_since(service, rows); });
  }
  void put_summaries(std::span<const SummaryWrite> summaries) override {
    for (const auto& write : summaries) {
      apply([=](State& s) { s.put_summary(write.place, write.day, write.summary); });
    }
  }
  void drop_links() override {
    apply([](State& s) { s.drop_links(); });
  }
  bool remote() const override { return remote_; }

  Status commit() override {
    CHECK(!committed_);
    committed_ = true;
    versions_->publish(std::move(state_), changes_);
    return {};
  }

 private:
  const State& state() const override {
    CHECK(!committed_);
    return *state_;
  }

  void apply(Change change) {
    CHECK(!committed_);
    change(*state_);
    changes_.push_back(std::move(change));
  }

  std::shared_ptr<Versions> versions_;
  std::shared_ptr<State> state_;
  std::vector<Change> changes_;
  const bool remote_;
  bool committed_ = false;
};

class MemoryDerived final : public Derived {
 public:
  explicit MemoryDerived(bool remote) : remote_(remote) {}

  Result<std::unique_ptr<DerivedReader>> read() override { return std::make_unique<Reader>(versions_); }

  Result<std::unique_ptr<DerivedWriter>> write() override {
    auto state = versions_->begin();
    if (!state) return fail(ErrorCode::kUnavailable, "another write transaction is open");
    return std::make_unique<Writer>(versions_, std::move(state), remote_);
  }

 private:
  const bool remote_;
  std::shared_ptr<Versions> versions_ = std::make_shared<Versions>();
};

}  // namespace
}  // namespace fairlead::store::memory

namespace fairlead::store {

std::unique_ptr<Derived> make_memory_derived(bool remote) {
  return std::make_unique<memory::MemoryDerived>(remote);
}

}  // namespace fairlead::store
