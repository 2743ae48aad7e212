#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sources/source.h"

namespace fairlead::sources {

/// One event may be this large; a larger one is rejected. It bounds the memory of a parse, whatever the body's size.
inline constexpr std::size_t kEventBytesMax = 4u * 1024 * 1024;

/// One event of a batch that cannot be taken, and what to write instead.
struct RejectedEvent {
  std::size_t index;
  std::string error;
};

/// What `POST /api/v1/events` carries (design.md, Events): one object, an array, or NDJSON.
struct EventBatch {
  std::size_t accepted = 0;
  std::vector<RejectedEvent> rejected;
  /// The body to journal: the request's own bytes when nothing was rejected, else the accepted events as NDJSON.
  /// Empty (with `whole_body` true) means: journal the request's bytes.
  bool whole_body = true;
  std::string accepted_body;
};

/// Checks every event of a body without interpreting it. An unreadable body (no JSON, deeper than 64, too many events)
/// is an error; an invalid event only rejects itself, and so does an unreadable line of NDJSON, unless all are. The API
/// answers from this before anything is journaled, so what is journaled always interprets.
Result<EventBatch> check_events(std::string_view body, bool ndjson);

/// Our own format, as stored in the journal (`source` = `events`). Reads object, array and NDJSON alike.
const Source& events_source();

}  // namespace fairlead::sources
