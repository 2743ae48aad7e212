#include "app/first_admin.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "api/credentials.h"
#include "base/hash.h"
#include "http/descriptor.h"

namespace fairlead::app {
namespace {

constexpr std::size_t kRandomBytes = 18;

Status write_private_file(const std::filesystem::path& path, std::string_view text) {
  // Removed first: an older file could have another mode or be a link to elsewhere.
  unlink(path.c_str());
  const http::Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool written = file.get() >= 0 &&
                       write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fsync(file.get()) == 0;
  if (written) return {};
  return fail(ErrorCode::kIo, "{} cannot be written ({}): make room, or set {}", path.string(), std::strerror(errno),
              kAdminPasswordVariable);
}

}  // namespace

Status check_admin_password(const Environment& environment) {
  const auto password = environment(kAdminPasswordVariable);
  if (!password) return {};
  using Hasher = api::PasswordHasher;
  if (password->size() >= Hasher::kPasswordBytesMin && password->size() <= Hasher::kPasswordBytesMax) return {};
  return fail(ErrorCode::kInvalid, "{} holds {} bytes: a password has {} to {}", kAdminPasswordVariable,
              password->size(), Hasher::kPasswordBytesMin, Hasher::kPasswordBytesMax);
}

Result<std::optional<std::filesystem::path>> ensure_first_admin(store::Journal& journal,
                                                                const std::filesystem::path& folder,
                                                                const Environment& environment, const Clock& clock,
                                                                Random& random) {
  ASSIGN_OR_RETURN(const auto users, journal.users());
  if (!users.empty()) return std::nullopt;
  std::optional<std::filesystem::path> written;
  std::string password;
  if (const auto given = environment(kAdminPasswordVariable)) {
    password = *given;
  } else {
    password = to_base64url(random.bytes(kRandomBytes));
    written = folder / "admin-password";
    RETURN_IF_ERROR(write_private_file(*written, password + "\n"));
  }
  store::UserRow admin;
  admin.name = "admin";
  admin.role = store::Role::kAdmin;
  ASSIGN_OR_RETURN(admin.password_hash, api::PasswordHasher(random).hash(password));
  admin.created_at = clock.now();
  RETURN_IF_ERROR(journal.append_audit({admin.created_at, "local", "user.add", admin.name}));
  RETURN_IF_ERROR(journal.put_user(admin));
  // Of replicas that start on an empty database at once the last one's password counts.
  ASSIGN_OR_RETURN(const auto kept, journal.user(admin.name));
  if (written && kept && kept->password_hash != admin.password_hash) {
    std::filesystem::remove(*written);
    return std::nullopt;
  }
  return written;
}

}  // namespace fairlead::app
