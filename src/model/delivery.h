#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/names.h"

namespace fairlead {

/// A verified delivery as it goes into the journal and as it comes back: raw body, and the headers that matter.
/// `api/` makes one after the signature or the token was checked (invariant I7); an import and the demo make theirs
/// from what they read or invent themselves.
struct Delivery {
  SourceName source;    ///< Which adapter reads it.
  Origin origin;        ///< Whose ids it speaks of; also the scope of `id`.
  std::string id;       ///< The tool's own, else the scoped Idempotency-Key, else the body's hash.
  Instant received_at;  ///< For people and for events without any time; never decides a merge between timed events.
  std::vector<std::pair<std::string, std::string>> headers;  ///< Lower-case names; the ones the adapter asks for.
  std::string body;  ///< Exactly the bytes that were verified (after content decoding).
};

/// A place in the journal. Lanes are independent; within one, commit order is sequence order.
struct JournalPosition {
  std::uint32_t lane = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const JournalPosition&, const JournalPosition&) = default;
};

}  // namespace fairlead
