#include "store/spool/testing/fault_folder.h"

#include <map>
#include <mutex>
#include <set>

namespace fairlead::store::spool {
namespace {

using Names = std::map<std::string, std::shared_ptr<FaultyContent>>;

}  // namespace

struct FaultFolder::Disk : FaultPlan {
  using FaultPlan::FaultPlan;

  Names live;
  Names durable;
  Swallowed swallowed = Swallowed::kNothing;
  bool full_during_writes = false;

  Status begin_change() { return change() ? Status() : fail(ErrorCode::kIo, "the power is off"); }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [name, content] : live) sum += content->live().size();
    return sum;
  }
  Status grow(const FaultyContent& content, std::uint64_t size) const {
    const std::uint64_t now = content.live().size();
    if (!bytes_max || size <= now || bytes() + size - now <= *bytes_max) return {};
    return fail(ErrorCode::kLimit, "no space left on device");
  }
};

namespace {

class FaultFile final : public File {
 public:
  FaultFile(std::shared_ptr<FaultFolder::Disk> disk, std::shared_ptr<FaultyContent> content)
      : disk_(std::move(disk)), content_(std::move(content)) {}

  Result<std::string> read(std::uint64_t offset, std::uint64_t bytes_max) override {
    const std::lock_guard lock(disk_->mutex);
    if (!disk_->power) return fail(ErrorCode::kIo, "the power is off");
    const std::string& live = content_->live();
    return offset >= live.size() ? std::string() : live.substr(offset, bytes_max);
  }

  Status write(std::uint64_t offset, std::string_view bytes) override {
    const std::lock_guard lock(disk_->mutex);
    const bool had_power = disk_->power;
    if (Status changed = disk_->begin_change(); !changed) {
      if (had_power) content_->write_while_cut(offset, std::string(bytes));
      return changed;
    }
    if (disk_->write_fails()) return fail(ErrorCode::kIo, "the write failed");
    Status room = disk_->grow(*content_, offset + bytes.size());
    if (disk_->full_during_writes) room = fail(ErrorCode::kLimit, "no space left on device");
    if (!room) {
      // As a real disk does it: what still fits is written.
      const std::string_view half = bytes.substr(0, bytes.size() / 2);
      if (disk_->full_during_writes || disk_->grow(*content_, offset + half.size())) {
        content_->write(offset, std::string(half));
      }
      return room;
    }
    content_->write(offset, std::string(bytes));
    return {};
  }

  Status preallocate(std::uint64_t bytes) override {
    const std::lock_guard lock(disk_->mutex);
    if (content_->live().size() >= bytes) return {};
    RETURN_IF_ERROR(disk_->begin_change());
    RETURN_IF_ERROR(disk_->grow(*content_, bytes));
    content_->resize(bytes);
    return {};
  }

  Status truncate(std::uint64_t bytes) override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->begin_change());
    content_->resize(bytes);
    return {};
  }

  Status sync() override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->begin_change());
    ++disk_->syncs;
    if (disk_->swallowed == FaultFolder::Swallowed::kSyncsOfFiles) return {};
    if (disk_->sync_fails()) {
      content_->sync_in_vain();
      return fail(ErrorCode::kIo, "the sync failed");
    }
    content_->sync();
    return {};
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard lock(disk_->mutex);
    return content_->live().size();
  }

 private:
  const std::shared_ptr<FaultFolder::Disk> disk_;
  const std::shared_ptr<FaultyContent> content_;
};

class MountedFolder final : public Folder {
 public:
  explicit MountedFolder(std::shared_ptr<FaultFolder::Disk> disk) : disk_(std::move(disk)) {}

  std::string name_of(std::string_view file) const override { return "spool/" + std::string(file); }

  Result<std::vector<std::string>> list() override {
    const std::lock_guard lock(disk_->mutex);
    std::vector<std::string> names;
    for (const auto& [name, content] : disk_->live) names.push_back(name);
    return names;
  }

  Result<std::unique_ptr<File>> create(const std::string& file) override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->begin_change());
    const auto [at, added] = disk_->live.emplace(file, std::make_shared<FaultyContent>());
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
    RETURN_IF_ERROR(disk_->begin_change());
    return disk_->live.erase(file) == 1 ? Status() : fail(ErrorCode::kIo, "{} is not there", file);
  }

  Status rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->begin_change());
    auto node = disk_->live.extract(from);
    if (!node) return fail(ErrorCode::kIo, "{} is not there", from);
    disk_->live[to] = node.mapped();
    return {};
  }

  Status sync() override {
    const std::lock_guard lock(disk_->mutex);
    RETURN_IF_ERROR(disk_->begin_change());
    ++disk_->syncs;
    if (disk_->swallowed == FaultFolder::Swallowed::kSyncsOfTheFolder) return {};
    if (disk_->sync_fails()) return fail(ErrorCode::kIo, "the sync of the folder failed");
    disk_->durable = disk_->live;
    return {};
  }

 private:
  const std::shared_ptr<FaultFolder::Disk> disk_;
};

}  // namespace

FaultFolder::FaultFolder(std::uint64_t seed) : FaultFolder(std::make_shared<Disk>(seed)) {}

FaultFolder::FaultFolder(std::shared_ptr<Disk> disk) : FaultControls(*disk), disk_(std::move(disk)) {}

FaultFolder::~FaultFolder() = default;

std::unique_ptr<Folder> FaultFolder::mount() {
  return std::make_unique<MountedFolder>(disk_);
}

void FaultFolder::swallow(Swallowed syncs) {
  const std::lock_guard lock(disk_->mutex);
  disk_->swallowed = syncs;
}

void FaultFolder::fill_up_during_writes() {
  const std::lock_guard lock(disk_->mutex);
  disk_->full_during_writes = true;
}

void FaultFolder::restart() {
  const std::lock_guard lock(disk_->mutex);
  std::set<std::string> names;
  for (const auto& [name, content] : disk_->live) names.insert(name);
  for (const auto& [name, content] : disk_->durable) names.insert(name);
  Names survived;
  std::map<const FaultyContent*, std::string> contents;  // Two names of one file, after half of a rename, agree.
  for (const std::string& name : names) {
    const auto live = disk_->live.find(name);
    const auto durable = disk_->durable.find(name);
    const bool same = live != disk_->live.end() && durable != disk_->durable.end() && live->second == durable->second;
    const Names& plane = same || disk_->random() % 2 == 0 ? disk_->durable : disk_->live;
    const auto at = plane.find(name);
    if (at == plane.end()) continue;
    const FaultyContent& content = *at->second;
    if (!contents.contains(&content)) {
      const unsigned percent = disk_->random() % 3 * 50;  // Nothing, half, or all of it.
      contents[&content] = content.survived(disk_->random, percent);
    }
    survived[name] = std::make_shared<FaultyContent>(contents[&content]);
  }
  disk_->live = disk_->durable = std::move(survived);
  disk_->restore_power();
}

std::uint64_t FaultFolder::bytes() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->bytes();
}

std::string& FaultFolder::content(const std::string& file) {
  const std::lock_guard lock(disk_->mutex);
  return disk_->live.at(file)->live();
}

std::vector<std::string> FaultFolder::files() const {
  const std::lock_guard lock(disk_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, content] : disk_->live) names.push_back(name);
  return names;
}

}  // namespace fairlead::store::spool
