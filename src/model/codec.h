#pragma once

// The stored form of entities and summaries: tag, length, payload per field, so that an older row reads in a newer
// program and an unknown tag is passed over. docs/formats.md describes the bytes.

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/entities.h"
#include "model/facts.h"

namespace fairlead {

std::string encode(const Entity& entity);
Result<Entity> decode_entity(std::string_view bytes);

std::string encode(const DaySummary& summary);
Result<DaySummary> decode_day_summary(std::string_view bytes);

/// One entity as canonical JSON: sorted keys, only known fields; the same for equal entities. `with_stamps` adds each
/// register's stamp (exports); the API goes without.
std::string to_json(const Entity& entity, bool with_stamps);

}  // namespace fairlead
