#include "store/spool/testing/fault_folder.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <set>

namespace fairlead::store::spool {
namespace {

/// What a cut tears apart.
constexpr std::uint64_t kSectorBytes = 512;

/// A write, or without bytes a change of the length.
struct Operation {
  std::uint64_t offset = 0;
  std::optional<std::string> bytes;
};

void apply_to(std::string& content, const Operation& operation) {
  if (!operation.bytes) return content.resize(operation.offset);
  content.resize(std::max<std::size_t>(content.size(), operation.offset + operation.bytes->size()));
  content.replace(operation.offset, operation.bytes->size(), *operation.bytes);
}

struct Inode {
  std::string live;
  std::string durable;
  std::vector<Operation> unsynced;
};

using Names = std::map<std::string, std::shared_ptr<Inode>>;

}  // namespace

struct FaultFolder::Disk {
  std::mutex mutex;  ///< Guards everything below.
  std::mt19937_64 random;
  Names live;
  Names durable;
  Swallowed swallowed = Swallowed::kNothing;
  std::optional<std::uint64_t> changes_left;
  std::optional<std::uint64_t> syncs_left;
  std::optional<std::uint64_t> writes_left;
  std::optional<std::uint64_t> bytes_max;
  bool full_during_writes = false;
  bool power = true;
  std::uint64_t changes = 0;
  std::uint64_t syncs = 0;

  static bool due(std::optional<std::uint64_t>& left) { return left && *left > 0 && --*left == 0; }

  /// Counts a change; an error when the power is off, or goes off now.
  Status change() {
    ++changes;
    if (due(changes_left)) power = false;
    return power ? Status() : fail(ErrorCode::kIo, "the power is off");
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [name, inode] : live) sum += inode->live.size();
    return sum;
  }
  Status grow(const Inode& inode, std::uint64_t size) const {
    if (!bytes_max || size <= inode.live.size() || bytes() + size - inode.live.size() <= *bytes_max) return {};
    return fail(ErrorCode::kLimit, "no space left on device");
  }
  std::string survived(const Inode& inode);
};

/// What is on the disk of `inode` after a cut: each sector of each change since the sync by the throw of a coin.
std::string FaultFolder::Disk::survived(const Inode& inode) {
  std::string content = inode.durable;
  const unsigned percent = random() % 3 * 50;  // Nothing, half, or all of it.
  for (const Operation& operation : inode.unsynced) {
    if (!operation.bytes) {
      if (random() % 100 < percent) apply_to(content, operation);
      continue;
    }
    for (std::uint64_t at = 0; at < operation.bytes->size();) {
      const std::uint64_t sector_end = ((operation.offset + at) / kSectorBytes + 1) * kSectorBytes - operation.offset;
      const std::uint64_t size = std::min<std::uint64_t>(sector_end, operation.bytes->size()) - at;
      if (random() % 100 < percent) apply_to(content, {operation.offset + at, operation.bytes->substr(at, size)});
      at += size;
    }
  }
  return content;
}

namespace {

class FaultFile final : public File {
 public:
  FaultFile(std::shared_ptr<FaultFolder::Disk> disk, std::shared_ptr<Inode> inode)
      : disk_(std::move(disk)), inode_(std::move(inode)) {}

  Result<std::string> read(std::uint64_t offset, std::uint64_t bytes_max) override {
    const std::lock_guard lock(disk_->mutex);
    if (!disk_->power) return fail(ErrorCode::kIo, "the power is off");
    return offset >= inode_->live.size() ? std::string() : inode_->live.substr(offset, bytes_max);
  }

  Status write(std::uint64_t offset, std::string_view bytes) override {
    const std::lock_guard lock(disk_->mutex);
    const bool had_power = disk_->power;
    Operation operation{offset, std::string(bytes)};
    if (Status changed = disk_->change(); !changed) {
      // The write that the cut interrupts may leave a part of itself.
      if (had_power) inode_->unsynced.push_back(std::move(operation));
      return changed;
    }
    if (FaultFolder::Disk::due(disk_->writes_left)) return fail(ErrorCode::kIo, "the write failed");
    Status room = disk_->grow(*inode_, offset + bytes.size());
    if (disk_->full_during_writes) room = fail(ErrorCode::kLimit, "no space left on device");
    if (!room) {
      // As a real disk does it: what still fits is written.
      operation.bytes->resize(bytes.size() / 2);
      if (disk_->full_during_writes || disk_->grow(*inode_, offset + operation.bytes->size())) {
        apply_to(inode_->live, operation);
        inode_->unsynced.push_back(std::move(operation));
      }
      return room;
    }
    apply_to(inode_->live, operation);
    inode_->unsynced.push_back(std::move(operation));
    return {};
  }

  Status preallocate(std::uint64_t bytes) override {
    const std::lock_guard lock(disk_->mutex);
    if (inode_->live.size() >= bytes) return {};
    RETURN_IF_ERROR(disk_->change());
    RETURN_IF_ERROR(disk_->grow(*inode_, bytes));
    resize(bytes);
    return {};
  }

  Status truncate(std::uint64_t bytes) override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->change());
    resize(bytes);
    return {};
  }

  Status sync() override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->change());
    ++disk_->syncs;
    if (disk_->swallowed == FaultFolder::Swallowed::kSyncsOfFiles) return {};
    if (FaultFolder::Disk::due(disk_->syncs_left)) {
      inode_->unsynced.clear();
      return fail(ErrorCode::kIo, "the sync failed");
    }
    for (const Operation& operation : inode_->unsynced) apply_to(inode_->durable, operation);
    inode_->unsynced.clear();
    return {};
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard lock(disk_->mutex);
    return inode_->live.size();
  }

 private:
  void resize(std::uint64_t bytes) {
    Operation operation{bytes, std::nullopt};
    apply_to(inode_->live, operation);
    inode_->unsynced.push_back(std::move(operation));
  }

  const std::shared_ptr<FaultFolder::Disk> disk_;
  const std::shared_ptr<Inode> inode_;
};

class MountedFolder final : public Folder {
 public:
  explicit MountedFolder(std::shared_ptr<FaultFolder::Disk> disk) : disk_(std::move(disk)) {}

  std::string name_of(std::string_view file) const override { return "spool/" + std::string(file); }

  Result<std::vector<std::string>> list() override {
    const std::lock_guard lock(disk_->mutex);
    std::vector<std::string> names;
    for (const auto& [name, inode] : disk_->live) names.push_back(name);
    return names;
  }

  Result<std::unique_ptr<File>> create(const std::string& file) override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->change());
    const auto [at, added] = disk_->live.emplace(file, std::make_shared<Inode>());
    if (!added) return fail(ErrorCode::kIo, "{} exists", file);
    return std::make_unique<FaultFile>(disk_, at->second);
  }

  Result<std::unique_ptr<File>> open(const std::string& file) override {
    const std::lock_guard lock(disk_->mutex);
    const auto at = disk_->live.find(file);
    if (!disk_->power || at == disk_->live.end()) return fail(ErrorCode::kIo, "{} cannot be opened", file);
    return std::make_unique<FaultFile>(disk_, at->second);
  }

  Status remove(const std::string& file) override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->change());
    return disk_->live.erase(file) == 1 ? Status() : fail(ErrorCode::kIo, "{} is not there", file);
  }

  Status rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->change());
    auto node = disk_->live.extract(from);
    if (!node) return fail(ErrorCode::kIo, "{} is not there", from);
    disk_->live[to] = node.mapped();
    return {};
  }

  Status sync() override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->change());
    ++disk_->syncs;
    if (disk_->swallowed == FaultFolder::Swallowed::kSyncsOfTheFolder) return {};
    if (FaultFolder::Disk::due(disk_->syncs_left)) return fail(ErrorCode::kIo, "the sync of the folder failed");
    disk_->durable = disk_->live;
    return {};
  }

 private:
  const std::shared_ptr<FaultFolder::Disk> disk_;
};

}  // namespace

FaultFolder::FaultFolder(std::uint64_t seed) : disk_(std::make_shared<Disk>()) {
  disk_->random.seed(seed);
}

FaultFolder::~FaultFolder() = default;

std::unique_ptr<Folder> FaultFolder::mount() {
  return std::make_unique<MountedFolder>(disk_);
}

void FaultFolder::swallow(Swallowed syncs) {
  const std::lock_guard lock(disk_->mutex);
  disk_->swallowed = syncs;
}

void FaultFolder::cut_power_after(std::uint64_t count) {
  const std::lock_guard lock(disk_->mutex);
  disk_->changes_left = count;
}

void FaultFolder::fail_sync(std::uint64_t count) {
  const std::lock_guard lock(disk_->mutex);
  disk_->syncs_left = count;
}

void FaultFolder::fail_write(std::uint64_t count) {
  const std::lock_guard lock(disk_->mutex);
  disk_->writes_left = count;
}

void FaultFolder::limit_bytes(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->bytes_max = bytes;
}

void FaultFolder::fill_up_during_writes() {
  const std::lock_guard lock(disk_->mutex);
  disk_->full_during_writes = true;
}

void FaultFolder::restart() {
  const std::lock_guard lock(disk_->mutex);
  std::set<std::string> names;
  for (const auto& [name, inode] : disk_->live) names.insert(name);
  for (const auto& [name, inode] : disk_->durable) names.insert(name);
  Names survived;
  std::map<const Inode*, std::string> contents;  // Two names of one file, after half of a rename, agree.
  for (const std::string& name : names) {
    const auto live = disk_->live.find(name);
    const auto durable = disk_->durable.find(name);
    const bool same = live != disk_->live.end() && durable != disk_->durable.end() && live->second == durable->second;
    const Names& plane = same || disk_->random() % 2 == 0 ? disk_->durable : disk_->live;
    const auto at = plane.find(name);
    if (at == plane.end()) continue;
    const Inode& inode = *at->second;
    if (!contents.contains(&inode)) contents[&inode] = disk_->survived(inode);
    auto copy = std::make_shared<Inode>();
    copy->live = copy->durable = contents[&inode];
    survived[name] = std::move(copy);
  }
  disk_->live = disk_->durable = std::move(survived);
  disk_->changes_left.reset();
  disk_->syncs_left.reset();
  disk_->writes_left.reset();
  disk_->power = true;
}

std::uint64_t FaultFolder::changes() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->changes;
}

std::uint64_t FaultFolder::syncs() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->syncs;
}

std::uint64_t FaultFolder::bytes() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->bytes();
}

std::string& FaultFolder::content(const std::string& file) {
  const std::lock_guard lock(disk_->mutex);
  return disk_->live.at(file)->live;
}

std::vector<std::string> FaultFolder::files() const {
  const std::lock_guard lock(disk_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, inode] : disk_->live) names.push_back(name);
  return names;
}

}  // namespace fairlead::store::spool
