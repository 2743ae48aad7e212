#include "store/testing/fault_plan.h"

#include <algorithm>

namespace fairlead::store {
namespace {

/// What a cut tears apart.
constexpr std::uint64_t kSectorBytes = 512;

}  // namespace

void FaultyContent::Change::apply_to(std::string& content) const {
  if (!bytes) return content.resize(offset);
  content.resize(std::max<std::size_t>(content.size(), offset + bytes->size()));
  content.replace(offset, bytes->size(), *bytes);
}

void FaultyContent::write(std::uint64_t offset, std::string bytes) {
  unsynced_.push_back({offset, std::move(bytes)});
  unsynced_.back().apply_to(live_);
}

void FaultyContent::write_while_cut(std::uint64_t offset, std::string bytes) {
  unsynced_.push_back({offset, std::move(bytes)});
}

void FaultyContent::resize(std::uint64_t bytes) {
  unsynced_.push_back({bytes, std::nullopt});
  unsynced_.back().apply_to(live_);
}

void FaultyContent::sync() {
  for (const Change& change : unsynced_) change.apply_to(durable_);
  unsynced_.clear();
}

std::string FaultyContent::survived(std::mt19937_64& random, unsigned percent) const {
  std::string content = durable_;
  const auto survives = [&] { return random() % 100 < percent; };
  for (const Change& change : unsynced_) {
    if (!change.bytes) {
      if (survives()) change.apply_to(content);
      continue;
    }
    for (std::uint64_t at = 0; at < change.bytes->size();) {
      const std::uint64_t sector_end = ((change.offset + at) / kSectorBytes + 1) * kSectorBytes;
      const auto end = std::min<std::uint64_t>(change.bytes->size(), sector_end - change.offset);
      if (survives()) Change{change.offset + at, change.bytes->substr(at, end - at)}.apply_to(content);
      at = end;
    }
  }
  return content;
}

bool FaultPlan::change() {
  ++changes;
  if (due(changes_left)) power = false;
  return power;
}

void FaultPlan::restore_power() {
  changes_left.reset();
  syncs_left.reset();
  writes_left.reset();
  power = true;
}

void FaultControls::cut_power_after(std::uint64_t count) {
  const std::lock_guard lock(plan_.mutex);
  plan_.changes_left = count;
}

void FaultControls::fail_sync(std::uint64_t count) {
  const std::lock_guard lock(plan_.mutex);
  plan_.syncs_left = count;
}

void FaultControls::fail_write(std::uint64_t count) {
  const std::lock_guard lock(plan_.mutex);
  plan_.writes_left = count;
}

void FaultControls::limit_bytes(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(plan_.mutex);
  plan_.bytes_max = bytes;
}

std::uint64_t FaultControls::changes() const {
  const std::lock_guard lock(plan_.mutex);
  return plan_.changes;
}

std::uint64_t FaultControls::syncs() const {
  const std::lock_guard lock(plan_.mutex);
  return plan_.syncs;
}

}  // namespace fairlead::store
