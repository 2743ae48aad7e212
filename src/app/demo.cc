#include "app/demo.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "api/authorizer.h"
#include "app/serve.h"

namespace fairlead::app {
namespace {

constexpr std::array kLoopbackNames = {"localhost", "127.0.0.1", "::1"};

/// A new folder that goes with this object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    std::string pattern = (parent / "fairlead-demo-XXXXXX").string();
    if (!error && mkdtemp(pattern.data()) != nullptr) return TemporaryFolder(pattern);
    return fail(ErrorCode::kIo, "no temporary folder can be made in {} ({}): name one for the demo with --data",
                parent.string(), error ? error.message() : std::strerror(errno));
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;  // what cannot be removed from the system's temporary folder, the system removes
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// `:8080` and `0.0.0.0:8080` are all addresses, so others reach them.
bool only_this_machine(const std::string& listen) {
  return api::loopback_host(listen);
}

}  // namespace

api::AnonymousAccess demo_access(const Config& config) {
  if (config.anonymous != api::AnonymousAccess::kNone) return config.anonymous;
  return std::ranges::all_of(config.listen, only_this_machine) ? api::AnonymousAccess::kOperator
                                                               : api::AnonymousAccess::kViewer;
}

Status serve_demo(Config config, const Environment& environment, bool keep) {
  config.anonymous = demo_access(config);
  // The request may come through a container's port: then its address is not of this machine, but its name is.
  config.anonymous_hosts.insert(config.anonymous_hosts.end(), kLoopbackNames.begin(), kLoopbackNames.end());
  if (keep) return serve(config, environment, Showing::kDemo);
  ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::make());
  config.data = folder.path();
  return serve(config, environment, Showing::kDemo);
}

}  // namespace fairlead::app
