#include "app/demo.h"

#include <algorithm>
#include <array>

#include "api/authorizer.h"
#include "app/serve.h"
#include "app/temporary_folder.h"

namespace fairlead::app {
namespace {

constexpr std::array kLoopbackNames = {"localhost", "127.0.0.1", "::1"};

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
