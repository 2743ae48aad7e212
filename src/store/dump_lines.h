#pragma once

// The canonical text of each derived row: `{"TABLE":{…}}`. One place, so that implementations dump alike;
// docs/formats.md lists the tables. The order of lines is the implementation's duty: tables as listed here, rows by
// key.

#include <string>
#include <vector>

#include "store/store.h"

namespace fairlead::store {

std::string dump_line(const EntityRow& row);
/// `term` is mention_hash of a term: the terms follow from the entity, so stores need not keep their text.
std::string dump_mention(const EntityKey& key, std::uint64_t term);
std::string dump_line(const Edge& edge);
std::string dump_line(const DirtyService& mark);
std::string dump_line(const DirtyDay& mark);
std::string dump_line(const StreamDeployment& row);
std::string dump_line(const Shipped& row);
std::string dump_line(const Missing& row);
std::string dump_line(const Evidence& row);
std::string dump_line(const Fact& fact);
std::string dump_line(const SummaryPlace& place, Day day, const DaySummary& summary);
std::string dump_line(const KnownSince& row);

}  // namespace fairlead::store
