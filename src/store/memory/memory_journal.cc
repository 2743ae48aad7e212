#include <algorithm>
#include <map>
#include <mutex>

#include "store/memory/memory_sessions.h"
#include "store/memory/memory_store.h"

namespace fairlead::store {
namespace {

/// Only lane 0, like SQLite.
class MemoryJournal final : public Journal {
 public:
  std::uint32_t lanes() const override { return 1; }

  Result<std::vector<Appended>> append(std::span<const Delivery> batch) override {
    const std::lock_guard lock(mutex_);
    std::vector<Appended> outcomes;
    outcomes.reserve(batch.size());
    for (const Delivery& delivery : batch) outcomes.push_back(append_one(delivery));
    return outcomes;
  }

  Result<std::vector<JournalRow>> read(std::uint32_t lane, std::uint64_t after_sequence, std::size_t rows_max,
                                       std::size_t bytes_max) override {
    const std::lock_guard lock(mutex_);
    std::vector<JournalRow> found;
    std::size_t bytes = 0;
    if (lane != 0) return found;
    for (std::uint64_t at = after_sequence; at < rows_.size() && found.size() < rows_max; ++at) {
      bytes += rows_[at].delivery.body.size();
      if (!found.empty() && bytes > bytes_max) break;
      found.push_back(rows_[at]);
    }
    return found;
  }

  Result<std::optional<JournalRow>> row(JournalPosition position) override {
    const std::lock_guard lock(mutex_);
    if (position.lane != 0 || position.sequence == 0 || position.sequence > rows_.size()) return std::nullopt;
    return rows_[position.sequence - 1];
  }

  Result<std::uint64_t> last_sequence(std::uint32_t lane) override {
    const std::lock_guard lock(mutex_);
    return lane == 0 ? rows_.size() : 0;
  }

  Status put_token(const TokenRow& token) override {
    const std::lock_guard lock(mutex_);
    tokens_[token.id] = token;
    return {};
  }
  Result<std::optional<TokenRow>> token(std::string_view id) override {
    const std::lock_guard lock(mutex_);
    return find(tokens_, id);
  }
  Result<std::vector<TokenRow>> tokens() override {
    const std::lock_guard lock(mutex_);
    return values(tokens_);
  }
  Status put_user(const UserRow& user) override {
    const std::lock_guard lock(mutex_);
    users_[user.name] = user;
    sessions_.end_sessions_of(user.name);
    return {};
  }
  Result<std::optional<UserRow>> user(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    return find(users_, name);
  }
  Result<std::vector<UserRow>> users() override {
    const std::lock_guard lock(mutex_);
    return values(users_);
  }
  Status remove_user(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    if (const auto user = users_.find(name); user != users_.end()) users_.erase(user);
    sessions_.end_sessions_of(name);
    return {};
  }
  SessionStore* sessions() override { return &sessions_; }
  Status append_audit(const AuditRow& row) override {
    const std::lock_guard lock(mutex_);
    audit_.push_back(row);
    return {};
  }
  Result<std::vector<AuditRow>> audit(std::size_t rows_max) override {
    const std::lock_guard lock(mutex_);
    const auto count = std::min(rows_max, audit_.size());
    return std::vector<AuditRow>(audit_.rbegin(), audit_.rbegin() + static_cast<std::ptrdiff_t>(count));
  }

  Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
    const std::lock_guard lock(mutex_);
    if (progress) progress(rows_.size(), rows_.size());
    return rows_.size();
  }

 private:
  template <class Row>
  using Table = std::map<std::string, Row, std::less<>>;

  template <class Row>
  static std::optional<Row> find(const Table<Row>& table, std::string_view key) {
    const auto at = table.find(key);
    if (at == table.end()) return std::nullopt;
    return at->second;
  }

  template <class Row>
  static std::vector<Row> values(const Table<Row>& table) {
    std::vector<Row> rows;
    for (const auto& [key, row] : table) rows.push_back(row);
    return rows;
  }

  Appended append_one(const Delivery& delivery) {
    const JournalPosition next{0, rows_.size() + 1};
    const auto [at, is_new] = ids_.try_emplace({delivery.origin, delivery.id}, next);
    if (is_new) {
      rows_.push_back({next, delivery});
      return {Appended::Outcome::kStored, next};
    }
    const bool same = rows_[at->second.sequence - 1].delivery.body == delivery.body;
    return {same ? Appended::Outcome::kDuplicate : Appended::Outcome::kConflict, at->second};
  }

  MemorySessions sessions_;
  std::mutex mutex_;  ///< Guards everything below.
  std::vector<JournalRow> rows_;
  std::map<std::pair<Origin, std::string>, JournalPosition> ids_;
  Table<TokenRow> tokens_;
  Table<UserRow> users_;
  std::vector<AuditRow> audit_;
};

}  // namespace

std::unique_ptr<Journal> make_memory_journal() {
  return std::make_unique<MemoryJournal>();
}

}  // namespace fairlead::store
