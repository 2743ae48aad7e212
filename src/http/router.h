#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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

/// Where the handler runs: on the connection's thread (must not block) or on the pool, for reads and large bodies.
enum class RunOn : std::uint8_t { kConnection, kPool };

using Handler = std::function<void(Request, Responder)>;

struct Route {
  Method method;
  std::string
      pattern;  ///< `/api/v1/runs/{key}`; a parameter is one segment, a last `{rest*}` all that follows the slash.
  Access access;
  RunOn run_on;
  std::size_t body_bytes_max;
  Handler handler;
};

/// The table of routes. Built once at start, then immutable and shared by all threads. A tree by segments: at each one
/// the literal is tried before the parameter and the parameter before the rest, so the order of `add` does not matter.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// Refuses a pattern that cannot be read, one that is there already for the method (whatever its parameters are
  /// called) and a route without a handler.
  Status add(Route route);

  struct Match {
    const Route* route = nullptr;
    std::vector<std::string> path_parameters;
    std::vector<Method> allowed;  ///< Where the path is known but not the method: 405 with Allow.
  };
  /// `path` as parse_target gives it. HEAD finds the route of GET where it has none of its own.
  Match match(Method method, std::string_view path) const;
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;
  struct Search;
  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
};

/// Decides whether the request may use the route; called for every request before its handler. An answer means refused.
/// It may add to the request what it learned (headers named `fairlead-…` from outside were removed before).
using Authorizer = std::function<std::optional<Response>(Request&, const Route&)>;

/// Called once per finished request: the route's pattern (or empty), status and seconds.
using Observer = std::function<void(const Route*, const Request&, int status, double seconds)>;

}  // namespace fairlead::http
