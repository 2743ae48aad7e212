#include "git/write_guard.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstdint>

namespace fairlead::git {
namespace {

constexpr std::uint64_t kTruncate = 1ull << 14;  // LANDLOCK_ACCESS_FS_TRUNCATE; headers before 6.2 lack it

/// 0 where the kernel has no Landlock, or has it switched off.
long version() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? version : 0;
}

std::uint64_t writing(long version) {
  std::uint64_t rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                         LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                         LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                         LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= kTruncate;
  return rights;
}

void allow(int rules, const char* path, std::uint64_t rights) {
  const http::Descriptor place(open(path, O_PATH | O_CLOEXEC));
  const landlock_path_beneath_attr rule{.allowed_access = rights, .parent_fd = place.get()};
  // Where there is no such place, nothing is allowed there.
  syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

}  // namespace

bool WriteGuard::available() {
  return version() > 0;
}

WriteGuard::WriteGuard(const std::filesystem::path& folder) {
  const std::uint64_t rights = writing(version());
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = rights;
  rules_ = http::Descriptor(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0)));
  if (rules_.get() < 0) return;
  fcntl(rules_.get(), F_SETFD, FD_CLOEXEC);
  allow(rules_.get(), "/dev/null", rights & (LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate));
  if (!folder.empty()) allow(rules_.get(), folder.c_str(), rights);
}

bool WriteGuard::apply() const {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  return rules_.get() < 0 || syscall(SYS_landlock_restrict_self, rules_.get(), 0) == 0;
}

}  // namespace fairlead::git
