#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "engine/replay.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::app {

struct TokenLine {
  std::string id;
  std::string role;
  std::string name;
  std::string created_at;
  std::string revoked_at;  ///< Empty while it is valid.
};

struct UserLine {
  std::string name;
  std::string role;
  std::string created_at;
};

/// What an export left out.
struct ExportReport {
  /// Deliveries that replicas have yet to derive; nothing where no replicas do that.
  std::optional<std::uint64_t> waiting;
};

/// What `verify` found to be in order.
struct VerifyReport {
  std::uint64_t deliveries = 0;
  /// The hash of the derived state, equal to a rebuild's; nothing where only the journal was checked, because servers
  /// go on deriving meanwhile.
  std::optional<std::string> derived_hash;
};

/// What commands do with tokens, users and data: in the files themselves, or beside a running server through its
/// control socket.
class Administration {
 public:
  virtual ~Administration() = default;

  virtual Result<std::string> create_token(store::Role role, const std::string& name) = 0;  ///< The token, shown once.
  virtual Result<std::vector<TokenLine>> tokens() = 0;
  virtual Status revoke_token(const std::string& id) = 0;
  virtual Status put_user(const std::string& name, store::Role role, const std::string& password) = 0;
  virtual Result<std::vector<UserLine>> users() = 0;
  virtual Status remove_user(const std::string& name) = 0;

  /// All derived state as lines of JSON, the last one with the SHA-256 of those before. Where replicas derive, what
  /// they have derived so far.
  virtual Result<ExportReport> export_lines(const Policy& policy,
                                            const std::function<void(std::string_view)>& sink) = 0;
  virtual Result<VerifyReport> verify(const Policy& policy) = 0;
};

/// Whoever can do it now: the server that holds `data`, or this process, in the folder or in the database that `store`
/// names. `create`: whether a folder that is not there is made; a database needs none.
Result<std::unique_ptr<Administration>> administer(const std::filesystem::path& data, const std::string& store,
                                                   bool create, const Clock& clock, Random& random);

/// Builds all derived state anew and puts it in the place of the old one. The server must be stopped, and of a
/// database all replicas.
Result<std::uint64_t> replay(const std::filesystem::path& data, const std::string& store, const Policy& policy);

}  // namespace fairlead::app
