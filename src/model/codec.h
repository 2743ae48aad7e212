#pragma once

// The stored form of entities: tag, length, payload per field, so that an older row reads in a newer
// program and an unknown tag is passed over. docs/formats.md describes the bytes.

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/entities.h"

namespace fairlead {

/// Equal entities have equal bytes.
std::string encode(const Entity& entity);
/// kCorrupt for anything that `encode` of this or an earlier program did not write.
Result<Entity> decode_entity(std::string_view bytes);

/// One entity as canonical JSON: sorted keys, no space, only known fields; the same text for equal entities. Beside its
/// fields an object has `type`, `key`, `origin` and `id`; a status register becomes `status` and `status_at`. Times are
/// RFC 3339; a value that is known to be absent is null, an unknown one is left out. `with_stamps` adds
/// `"stamps":{FIELD:[rank,time]}` (exports); the API goes without.
std::string to_json(const Entity& entity, bool with_stamps);

}  // namespace fairlead
