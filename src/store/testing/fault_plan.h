#pragma once

// What FaultDisk and FaultFolder share: the content of a file in two planes, what programs see and what survives a
// power cut, and the plan of what goes wrong and when.

#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace fairlead::store {

/// Changes reach the second plane only by a sync. On a cut each sector of each change since then may survive or not,
/// alone.
class FaultyContent {
 public:
  FaultyContent() = default;
  /// Alike in both planes.
  explicit FaultyContent(std::string synced) : live_(synced), durable_(std::move(synced)) {}

  const std::string& live() const { return live_; }
  std::string& live() { return live_; }

  void write(std::uint64_t offset, std::string bytes);
  /// A write that the cut interrupts: nobody sees it, and a part of it may survive.
  void write_while_cut(std::uint64_t offset, std::string bytes);
  void resize(std::uint64_t bytes);
  void sync();
  /// A sync that fails drops what it should have synced, as Linux does: a later one reports success and yet those bytes
  /// are gone.
  void sync_in_vain() { unsynced_.clear(); }

  /// What a cut leaves, where every sector and every change of the length survives with a chance of `percent`.
  std::string survived(std::mt19937_64& random, unsigned percent) const;

 private:
  /// A write, or without bytes a change of the length.
  struct Change {
    std::uint64_t offset = 0;
    std::optional<std::string> bytes;
    void apply_to(std::string& content) const;
  };

  std::string live_;
  std::string durable_;
  std::vector<Change> unsynced_;
};

struct FaultPlan {
  /// `seed` decides what survives a cut.
  explicit FaultPlan(std::uint64_t seed) : random(seed) {}

  /// Counts a change; false when the power is off, or goes off now.
  bool change();
  bool write_fails() { return due(writes_left); }
  bool sync_fails() { return due(syncs_left); }
  void restore_power();

  mutable std::mutex mutex;  ///< Guards everything below, and whoever's files these are.
  std::mt19937_64 random;
  std::optional<std::uint64_t> changes_left;
  std::optional<std::uint64_t> syncs_left;
  std::optional<std::uint64_t> writes_left;
  std::optional<std::uint64_t> bytes_max;
  bool power = true;
  std::uint64_t changes = 0;
  std::uint64_t syncs = 0;

 private:
  static bool due(std::optional<std::uint64_t>& left) { return left && *left > 0 && --*left == 0; }
};

/// What a test says should go wrong.
class FaultControls {
 public:
  FaultControls(const FaultControls&) = delete;
  FaultControls& operator=(const FaultControls&) = delete;

  /// The `count`-th change from now (1 = the next write, truncation, sync, creation, removal) and all after it fail.
  void cut_power_after(std::uint64_t count);
  /// The `count`-th sync (write) from now fails, once.
  void fail_sync(std::uint64_t count);
  void fail_write(std::uint64_t count);
  /// What would need more than this many bytes in all finds the disk full.
  void limit_bytes(std::optional<std::uint64_t> bytes);

  std::uint64_t changes() const;  ///< So far.
  std::uint64_t syncs() const;

 protected:
  /// `plan` must outlive this.
  explicit FaultControls(FaultPlan& plan) : plan_(plan) {}
  ~FaultControls() = default;

 private:
  FaultPlan& plan_;
};

}  // namespace fairlead::store
