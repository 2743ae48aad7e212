#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "store/store.h"

namespace fairlead::store::spool {

/// What a journal on another machine may do, before one that a test keeps.
class AwayJournal final : public Journal {
 public:
  enum class Mood {
    kHere,
    kAway,        ///< Nothing answers.
    kAnswerLost,  ///< Appends are stored, and the answer never comes.
    kHangs,       ///< Calls wait until the mood is another one, and then find nobody there.
  };

  explicit AwayJournal(std::shared_ptr<Journal> journal) : journal_(std::move(journal)) {}

  void be(Mood mood) {
    const std::lock_guard lock(mutex_);
    mood_ = mood;
    changed_.notify_all();
  }
  /// Appends fail with this; nothing: they work again.
  void refuse_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  /// Appends of a batch with a delivery that this holds for are kInvalid.
  void dislike(std::function<bool(const Delivery&)> wrong) {
    const std::lock_guard lock(mutex_);
    wrong_ = std::move(wrong);
  }
  /// Returns when a call hangs.
  void await_hanging() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return hanging_ > 0; });
  }
  /// Returns when `count` appends were tried in all.
  void await_appends(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sizes_.size() >= count; });
  }
  std::vector<std::size_t> batch_sizes() const {
    const std::lock_guard lock(mutex_);
    return sizes_;
  }

  Result<std::vector<Appended>> append(std::span<const Delivery> batch) override {
    std::unique_lock lock(mutex_);
    sizes_.push_back(batch.size());
    changed_.notify_all();
    const Mood mood = mood_;
    if (mood == Mood::kAnswerLost && !journal_->append(batch)) return gone();
    RETURN_IF_ERROR(meet(lock));
    if (error_) return std::unexpected(*error_);
    for (const Delivery& delivery : batch) {
      if (wrong_ && wrong_(delivery)) return fail(ErrorCode::kInvalid, "this cannot be stored");
    }
    return journal_->append(batch);
  }

  std::uint32_t lanes() const override { return journal_->lanes(); }
  Result<std::vector<JournalRow>> read(std::uint32_t lane, std::uint64_t after, std::size_t rows_max,
                                       std::size_t bytes_max) override {
    return ask([&] { return journal_->read(lane, after, rows_max, bytes_max); });
  }
  Result<std::optional<JournalRow>> row(JournalPosition position) override {
    return ask([&] { return journal_->row(position); });
  }
  Result<std::uint64_t> last_sequence(std::uint32_t lane) override {
    return ask([&] { return journal_->last_sequence(lane); });
  }
  Status put_token(const TokenRow& token) override {
    return ask([&] { return journal_->put_token(token); });
  }
  Result<std::optional<TokenRow>> token(std::string_view id) override {
    return ask([&] { return journal_->token(id); });
  }
  Result<std::vector<TokenRow>> tokens() override {
    return ask([&] { return journal_->tokens(); });
  }
  Status put_user(const UserRow& user) override {
    return ask([&] { return journal_->put_user(user); });
  }
  Result<std::optional<UserRow>> user(std::string_view name) override {
    return ask([&] { return journal_->user(name); });
  }
  Result<std::vector<UserRow>> users() override {
    return ask([&] { return journal_->users(); });
  }
  Status remove_user(std::string_view name) override {
    return ask([&] { return journal_->remove_user(name); });
  }
  Status append_audit(const AuditRow& row) override {
    return ask([&] { return journal_->append_audit(row); });
  }
  Result<std::vector<AuditRow>> audit(std::size_t rows_max) override {
    return ask([&] { return journal_->audit(rows_max); });
  }
  Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
    return ask([&] { return journal_->verify(progress); });
  }

 private:
  static std::unexpected<Error> gone() { return fail(ErrorCode::kUnavailable, "no connection to the store"); }

  Status meet(std::unique_lock<std::mutex>& lock) {
    if (mood_ == Mood::kHere) return {};
    if (mood_ == Mood::kHangs) {
      ++hanging_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return mood_ != Mood::kHangs; });
      --hanging_;
    }
    return gone();
  }

  template <class Ask>
  auto ask(const Ask& question) -> decltype(question()) {
    std::unique_lock lock(mutex_);
    RETURN_IF_ERROR(meet(lock));
    lock.unlock();
    return question();
  }

  const std::shared_ptr<Journal> journal_;
  mutable std::mutex mutex_;  ///< Guards all below.
  std::condition_variable changed_;
  Mood mood_ = Mood::kHere;
  int hanging_ = 0;
  std::optional<Error> error_;
  std::function<bool(const Delivery&)> wrong_;
  std::vector<std::size_t> sizes_;
};

}  // namespace fairlead::store::spool
