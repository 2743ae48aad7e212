#pragma once

// What every implementation of the fact lists shares: their order, their cursor, and which rows a query means.

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace fairlead::store {

/// Where a fact stands in a list; also what names it, together with `simulated`.
struct FactPosition {
  Instant at;
  EntityKey subject;
  MetricName metric;
  ServiceName service;
  EnvironmentName environment;
  EntityKey owner;

  static FactPosition of(const Fact& fact);
  friend auto operator<=>(const FactPosition&, const FactPosition&) = default;
};

std::string to_cursor(const FactPosition& position);
Result<FactPosition> parse_fact_cursor(std::string_view cursor);

SummaryPlace place_of(const Fact& fact);

/// The query whose rows are those of one day of one summary (store.h, facts_of_days).
FactQuery query_of_day(const PlaceDay& day);

inline bool in_roll_up(const Fact& fact) {
  return fact.production && fact.first_in_production;
}

/// Whether rows of this place can be meant; whether a row of such a place is. The time range is the caller's.
bool means_place(const FactQuery& query, const SummaryPlace& place);
bool means_row(const FactQuery& query, const Fact& fact);

/// Sorts rows that come place by place, and cuts the page that the query asks for.
FactPage cut_page(std::vector<Fact> rows, const FactQuery& query);

/// The rows of one owner as they are stored: in order, one per key (store.h).
std::vector<Fact> fact_set(std::span<const Fact> rows);

}  // namespace fairlead::store
