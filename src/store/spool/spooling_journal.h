#pragma once

// A journal that goes on accepting deliveries while the store behind it is away.
//
// As long as the inner journal answers, everything goes straight to it. Once it is kUnavailable or kTimeout, deliveries
// go to the spool, and requests ask the inner journal no more: one thread does, at a bounded pace, by delivering what
// waits, oldest first. When it takes something again, new deliveries go straight to it, beside the rest of the backlog:
// the order of deliveries means nothing (invariant I3).
//
// An append whose outcome is unknown (the answer was lost) is spooled, too, and delivered once more; the inner journal
// knows every delivery by its id, so it counts once (invariant I2).

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "store/spool/spool.h"
#include "store/store.h"

namespace fairlead::store {

struct SpoolingOptions {
  spool::SpoolOptions spool;
  /// The pace at which a store that is away is tried again: at first this, twice as long each time, at most that.
  Duration retry_first = {50};
  Duration retry_max = {1'000};
  /// Of one delivery to the inner journal.
  std::size_t batch_rows_max = 2'048;
  std::size_t batch_bytes_max = 8u * 1024 * 1024;
  /// How long `stop` waits for a delivery that is under way.
  Duration stop_patience = {900};
  /// Without it nothing is delivered but by `deliver_some`, for tests.
  bool in_background = true;

  /// Called on the delivering thread with what the inner journal made of a batch from the spool.
  std::function<void(std::span<const Appended>)> delivered;
  /// Called with a sentence for the log when the store goes away or is back, when the spool has been emptied, and when
  /// a delivery is set aside. From any thread; must not call back.
  std::function<void(const std::string&)> report;
};

class SpoolingJournal final : public Journal {
 public:
  SpoolingJournal(std::unique_ptr<Journal> inner, std::unique_ptr<spool::Spool> spool, SpoolingOptions options);
  /// Stops, and waits for a delivery that is under way as long as the inner journal lets it take.
  ~SpoolingJournal() override;

  /// kStored, kDuplicate and kConflict are the inner journal's word, or the spool's about what waits there. kSpooled
  /// says that a delivery is on this machine's stable storage. While the store is away only the spool is asked, so a
  /// repetition of what the store has already is kSpooled, too, and another body for such an id is found out when it is
  /// delivered: then its file is set aside (SpoolStats::set_aside).
  Result<std::vector<Appended>> append(std::span<const Delivery> batch) override;
  void settle() override;
  bool sync_failed() const override { return inner_->sync_failed(); }
  std::optional<SpoolStats> spool() const override;

  /// Delivers no more. Returns within `stop_patience`; what waits stays for the next start. Idempotent.
  void stop();

  /// What the background does again and again: one attempt to deliver a batch, or where nothing waits, to see whether
  /// the store is back. True if something was delivered. Only with `in_background` off.
  Result<bool> deliver_some();

  std::uint32_t lanes() const override { return inner_->lanes(); }
  Result<std::vector<JournalRow>> read(std::uint32_t lane, std::uint64_t after_sequence, std::size_t rows_max,
                                       std::size_t bytes_max) override {
    return inner_->read(lane, after_sequence, rows_max, bytes_max);
  }
  Result<std::optional<JournalRow>> row(JournalPosition position) override { return inner_->row(position); }
  Result<std::uint64_t> last_sequence(std::uint32_t lane) override { return inner_->last_sequence(lane); }
  Result<std::vector<std::uint64_t>> last_sequences() override { return inner_->last_sequences(); }
  Status put_token(const TokenRow& token) override { return inner_->put_token(token); }
  Result<std::optional<TokenRow>> token(std::string_view id) override { return inner_->token(id); }
  Result<std::vector<TokenRow>> tokens() override { return inner_->tokens(); }
  Status put_user(const UserRow& user) override { return inner_->put_user(user); }
  Result<std::optional<UserRow>> user(std::string_view name) override { return inner_->user(name); }
  Result<std::vector<UserRow>> users() override { return inner_->users(); }
  Status remove_user(std::string_view name) override { return inner_->remove_user(name); }
  SessionStore* sessions() override { return inner_->sessions(); }
  Status append_audit(const AuditRow& row) override { return inner_->append_audit(row); }
  Result<std::vector<AuditRow>> audit(std::size_t rows_max) override { return inner_->audit(rows_max); }
  Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
    return inner_->verify(progress);
  }

 private:
  Result<std::vector<Appended>> append_past_the_spool(std::span<const Delivery> batch);
  Result<std::vector<Appended>> append_to_spool(std::span<const Delivery> batch);
  Result<std::vector<Appended>> hand_over(std::span<const Delivery> batch, std::uint64_t& refused);
  Result<bool> attempt();
  void run();
  void note_attempt(const Result<bool>& attempt);
  Duration pause_after(const Result<bool>& attempt, Duration latest) const;

  bool store_away() const;
  void note_away(const Error& error);
  void note_back();
  void note_delivered(std::size_t rows, std::uint64_t refused);
  void report(const std::string& sentence) const;

  const SpoolingOptions options_;
  const std::unique_ptr<Journal> inner_;
  const std::unique_ptr<spool::Spool> spool_;

  mutable std::mutex mutex_;  ///< Guards everything below but the thread. Not held while a journal is asked.
  std::condition_variable changed_;
  bool stopping_ = false;
  bool running_ = false;
  bool away_ = false;
  std::string store_error_;
  std::string error_;
  std::uint64_t spooled_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t set_aside_ = 0;

  std::thread thread_;
};

/// The deliveries that wait in `folder` (made where it is missing) before `inner`. Delivering begins at once, on a
/// thread of its own. kCorrupt and kUnsupported name the file that cannot be read.
Result<std::unique_ptr<SpoolingJournal>> open_spooling_journal(const std::filesystem::path& folder,
                                                               std::unique_ptr<Journal> inner,
                                                               SpoolingOptions options = {});

}  // namespace fairlead::store
