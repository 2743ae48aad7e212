#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace fairlead::http {

/// Who may call a route. Every route declares one; there is no default (invariant I8).
enum class Access : std::uint8_t {
  kOpen,  ///< Without a login.
  kHook,  ///< Carries its own signature, which the handler checks before anything else.
  kIngest,
  kViewer,
  kOperator,
  kAdmin,
};
std::string_view to_string(Access access);

/// Where the handler runs: on the connection's thread (must not block) or on the pool for reads.
enum class RunOn : std::uint8_t { kConnection, kPool };

using Handler = std::function<void(Request, Responder)>;

struct Route {
  Method method;
  std::string pattern;  ///< `/api/v1/runs/{key}`; a parameter is one segment, a last `{rest*}` takes all that follows.
  Access access;
  RunOn run_on;
  std::size_t body_bytes_max;
  Handler handler;
};

/// The table of routes. Built once at start, then immutable and shared by all threads.
class Router {
 public:
  /// Refuses a pattern that is there already and a pattern that cannot be read.
  Status add(Route route);

  struct Match {
    const Route* route = nullptr;
    std::vector<std::string> path_parameters;
    std::vector<Method> allowed;  ///< Where the path is known but not the method: 405 with Allow.
  };
  Match match(Method method, std::string_view path) const;
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  std::vector<std::unique_ptr<Route>> routes_;
};

/// Decides whether the request may use the route; called for every request before its handler. An answer means refused.
/// It may add to the request what it learned (headers named `fairlead-…` from outside were removed before).
using Authorizer = std::function<std::optional<Response>(Request&, const Route&)>;

/// Called once per finished request: the route's pattern (or empty), status and seconds.
using Observer = std::function<void(const Route*, const Request&, int status, double seconds)>;

}  // namespace fairlead::http
