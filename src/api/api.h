#pragma once

#include <memory>

#include "api/options.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "engine/engine.h"
#include "http/router.h"

namespace fairlead::api {

/// Everything behind HTTP: hooks, events, reports, lists, the live stream, administration, exposition and the page.
///
/// The application makes one, gives its router, authorizer and observer to http::Server, and stops it in this order:
/// `stop()` (ends live streams and refuses waiting reads), the server, the engine. The collaborators outlive it, and
/// it outlives the server.
class Api {
 public:
  Api(engine::Engine& engine, ApiOptions options, const Clock& clock, Random& random);
  ~Api();  ///< Stops, and waits for a running export or check.

  /// The table of routes; called once. Fails where the options name a source that does not exist or tokens cannot be
  /// read.
  Result<http::Router> make_router();
  http::Authorizer authorizer();
  http::Observer observer();

  /// Ends live streams and waiting reads. A running export goes on: the server's own stop lets it finish or cuts it.
  /// Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::api
