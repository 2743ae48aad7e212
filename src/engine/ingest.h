#pragma once

#include <functional>

#include "base/result.h"
#include "model/delivery.h"
#include "store/store.h"

namespace fairlead::engine {

/// The way in: everything that brings deliveries (hooks, the API, imports, simulators) goes through this.
class Ingest {
 public:
  virtual ~Ingest() = default;
  /// Called exactly once: on the writer's thread, after the delivery is on stable storage or was refused by the store;
  /// or on the caller's own, before `submit` returns, when it is refused at the door. It must neither block nor throw.
  /// kUnavailable: the queue is full or the engine is stopping; kIo: storage refused.
  using Done = std::function<void(Result<store::Appended>)>;
  /// Never blocks. A full queue refuses at once (invariant I9).
  virtual void submit(Delivery delivery, Done done) = 0;
};

}  // namespace fairlead::engine
