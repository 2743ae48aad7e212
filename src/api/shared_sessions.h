#pragma once

// Who is logged in, on every replica that shares a store.
//
// The store has a row per session (store/session_store.h), without anything by which one could act as its user. Here
// lies a copy of all of them, read anew every two seconds like the tokens (token_cache.h), so that requests wait for no
// store: what ended on another replica opens nothing here after that, and its streams end. Only an id that is not in
// the copy is looked up, since it may have been made elsewhere a moment ago.
//
// While the store is away, known sessions go on as long as known tokens do (docs/decisions/0005); nobody can log in or
// out. Uses are counted here and written now and then, so between replicas the idle time is exact to a minute.

#include <atomic>
#include <set>
#include <unordered_map>

#include <mutex>

#include "api/sessions.h"
#include "api/token_cache.h"
#include "store/session_store.h"

namespace fairlead::api {

class SharedSessions final : public Sessions {
 public:
  /// Of one session, at most; more often where the idle time is short.
  static constexpr Duration kUseWrittenEvery = Duration::seconds(60);
  /// Ids that are looked up between two refreshes. Past it they are kUnavailable, so that guessing cannot be used to
  /// load the store; who logged in elsewhere is known here after the next refresh anyway.
  static constexpr std::size_t kLookUpsMax = 256;
  static constexpr Duration kTrust = TokenCache::kTrust;

  /// `steady` is a clock that nobody sets.
  SharedSessions(store::SessionStore& store, const SessionLimits& limits, const Clock& clock, const Clock& steady,
                 Random& random);

  Result<Opened> open(std::string user, store::Role role) override;
  Result<std::optional<Session>> use(std::string_view id) override;
  bool alive(std::string_view key) const override;
  Status end(std::string_view key) override;
  /// The journal ended them with the change of the user; this makes it count here at once.
  std::vector<std::string> end_all_of(std::string_view user) override;
  Result<std::vector<std::string>> refresh() override;
  std::size_t size() const override;

 private:
  static constexpr std::int64_t kIdle = -1;

  struct Entry {
    store::SessionRow row;  ///< As the store has it.
    Instant used_at;        ///< Here or there.
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
  using Keys = std::set<std::string, std::less<>>;

  Result<std::optional<Session>> look_up(std::string_view id, const std::string& key, Instant now);
  std::vector<store::SessionUse> begin_refresh();
  Result<std::vector<store::SessionRow>> exchange(const std::vector<store::SessionUse>& uses);
  std::vector<std::string> take(std::vector<store::SessionRow> rows);
  void remove_expired(const std::vector<store::SessionRow>& rows);

  bool over(const store::SessionRow& row, Instant used_at, Instant now) const;
  bool trusted() const;
  bool store_away() const;

  store::SessionStore* const store_;
  const SessionLimits limits_;
  const Duration use_written_every_;
  const Clock* const clock_;
  const Clock* const steady_;
  Random* const random_;

  std::atomic<std::int64_t> read_at_ms_;              ///< When the latest copy was asked for that came.
  std::atomic<std::int64_t> asking_since_ms_{kIdle};  ///< When the refresh under way began; kIdle: none is.
  std::atomic<bool> failed_{false};                   ///< The latest question to the store.

  mutable std::mutex mutex_;  // guards what follows; held for memory only
  Entries entries_;
  std::uint64_t ends_ = 0;  ///< Grows with each end here, so that no older answer undoes one.
  // Since the latest refresh began:
  Keys fresh_;   ///< Opened or looked up here: newer than the list that is on its way.
  Keys ended_;   ///< Ended here: the list may still have them.
  Keys absent_;  ///< Looked up in vain. Ids are never used again, so that stays true.
  std::size_t look_ups_ = 0;
};

}  // namespace fairlead::api
