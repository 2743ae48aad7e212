#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "api/context.h"
#include "api/endpoint.h"
#include "sources/events.h"

namespace fairlead::api {

/// `POST /hooks/{source}`, `POST /hooks/{source}/{name}` and `POST /api/v1/events`. They run on the connection's thread
/// and answer from the engine's callback, so a 2xx means stable storage (invariant I1).
void add_ingest_endpoints(Endpoints& endpoints, Context& context);

/// `{"accepted":n,"duplicates":n,"rejected":[{"index":n,"error":"…"}]}`.
std::string ingest_answer(std::size_t accepted, std::size_t duplicates,
                          std::span<const sources::RejectedEvent> rejected);

}  // namespace fairlead::api
