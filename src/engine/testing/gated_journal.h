#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "store/memory/memory_store.h"
#include "store/session_store.h"
#include "store/store.h"

namespace fairlead::engine::testing {

/// A memory journal whose appends a test can hold back, count and let fail.
class GatedJournal final : public store::Journal, public store::SessionStore {
 public:
  GatedJournal() : GatedJournal(store::make_memory_journal()) {}
  /// One that others may use, too.
  explicit GatedJournal(std::shared_ptr<store::Journal> shared) : memory_(std::move(shared)) {}

  /// Appends wait until `open`.
  void close() {
    std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    {
      std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  /// Returns when an append waits at the gate.
  void await_append() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }
  /// The next appends fail with this; nothing: they work again.
  void fail_with(std::optional<Error> error, bool sync_failed) {
    std::lock_guard lock(mutex_);
    error_ = std::move(error);
    sync_failed_ = sync_failed;
  }
  /// Appends answer as a journal does whose store is away and whose spool takes everything.
  void spool_everything(bool spools) {
    std::lock_guard lock(mutex_);
    spools_ = spools;
  }
  /// What `spool` says.
  void show_spool(store::SpoolStats stats) {
    std::lock_guard lock(mutex_);
    spool_ = std::move(stats);
  }
  /// Tokens, users and sessions cannot be read, and no session be written: the store is away.
  void hide_accounts(bool hidden) {
    std::lock_guard lock(mutex_);
    accounts_hidden_ = hidden;
  }
  /// Called once, between the reading of all tokens or sessions and the answer.
  void while_listing(std::function<void()> meanwhile) {
    std::lock_guard lock(mutex_);
    while_listing_ = std::move(meanwhile);
  }
  int account_reads() const {
    std::lock_guard lock(mutex_);
    return account_reads_;
  }
  std::vector<std::size_t> batch_sizes() const {
    std::lock_guard lock(mutex_);
    return batch_sizes_;
  }

  Result<std::vector<store::Appended>> append(std::span<const Delivery> batch) override {
    {
      std::unique_lock lock(mutex_);
      waiting_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
      waiting_ = false;
      batch_sizes_.push_back(batch.size());
      if (error_) return std::unexpected(*error_);
      if (spools_) return std::vector<store::Appended>(batch.size(), {store::Appended::Outcome::kSpooled, {}});
    }
    return memory_->append(batch);
  }
  std::optional<store::SpoolStats> spool() const override {
    std::lock_guard lock(mutex_);
    return spool_;
  }
  bool sync_failed() const override {
    std::lock_guard lock(mutex_);
    return sync_failed_;
  }

  std::uint32_t lanes() const override { return memory_->lanes(); }
  Result<std::vector<store::JournalRow>> read(std::uint32_t lane, std::uint64_t after, std::size_t rows_max,
                                              std::size_t bytes_max) override {
    return memory_->read(lane, after, rows_max, bytes_max);
  }
  Result<std::optional<store::JournalRow>> row(JournalPosition position) override { return memory_->row(position); }
  Result<std::uint64_t> last_sequence(std::uint32_t lane) override { return memory_->last_sequence(lane); }
  Status put_token(const store::TokenRow& token) override { return memory_->put_token(token); }
  Result<std::optional<store::TokenRow>> token(std::string_view id) override {
    RETURN_IF_ERROR(read_accounts());
    return memory_->token(id);
  }
  Result<std::vector<store::TokenRow>> tokens() override {
    RETURN_IF_ERROR(read_accounts());
    auto rows = memory_->tokens();
    call_meanwhile();
    return rows;
  }
  Status put_user(const store::UserRow& user) override { return memory_->put_user(user); }
  Result<std::optional<store::UserRow>> user(std::string_view name) override {
    RETURN_IF_ERROR(read_accounts());
    return memory_->user(name);
  }
  Result<std::vector<store::UserRow>> users() override { return memory_->users(); }
  Status remove_user(std::string_view name) override { return memory_->remove_user(name); }
  store::SessionStore* sessions() override { return memory_->sessions() == nullptr ? nullptr : this; }
  Status open_session(const store::SessionRow& row, const store::SessionBounds& bounds) override {
    RETURN_IF_ERROR(read_accounts());
    return memory_->sessions()->open_session(row, bounds);
  }
  Result<std::optional<store::SessionRow>> session(std::string_view key) override {
    RETURN_IF_ERROR(read_accounts());
    return memory_->sessions()->session(key);
  }
  Result<std::vector<store::SessionRow>> all_sessions() override {
    RETURN_IF_ERROR(read_accounts());
    auto rows = memory_->sessions()->all_sessions();
    call_meanwhile();
    return rows;
  }
  Status note_uses(std::span<const store::SessionUse> uses) override {
    RETURN_IF_ERROR(read_accounts());
    return memory_->sessions()->note_uses(uses);
  }
  Status end_session(std::string_view key) override {
    RETURN_IF_ERROR(read_accounts());
    return memory_->sessions()->end_session(key);
  }
  Status append_audit(const store::AuditRow& row) override { return memory_->append_audit(row); }
  Result<std::vector<store::AuditRow>> audit(std::size_t rows_max) override { return memory_->audit(rows_max); }
  Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
    return memory_->verify(progress);
  }

 private:
  void call_meanwhile() {
    std::function<void()> meanwhile;
    {
      std::lock_guard lock(mutex_);
      meanwhile = std::exchange(while_listing_, {});
    }
    if (meanwhile) meanwhile();
  }

  Status read_accounts() {
    std::lock_guard lock(mutex_);
    ++account_reads_;
    return accounts_hidden_ ? fail(ErrorCode::kUnavailable, "no connection to the store") : Status();
  }

  const std::shared_ptr<store::Journal> memory_;
  std::function<void()> while_listing_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool open_ = true;
  bool waiting_ = false;
  std::optional<Error> error_;
  bool sync_failed_ = false;
  std::vector<std::size_t> batch_sizes_;
  bool spools_ = false;
  std::optional<store::SpoolStats> spool_;
  bool accounts_hidden_ = false;
  int account_reads_ = 0;
};

}  // namespace fairlead::engine::testing
