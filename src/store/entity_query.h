#pragma once

// What every implementation of the entity lists shares: the order, the cursor and the filters that no index answers.

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace fairlead::store {

/// Where an entity stands in a list: by time, then key; entities without a time come last in both directions.
struct ListPosition {
  bool timed = false;
  Instant at;
  EntityKey key;

  static ListPosition of(const EntityRow& row);
  friend bool operator==(const ListPosition&, const ListPosition&) = default;
};

/// Whether `a` comes before `b` in a list.
bool comes_before(const ListPosition& a, const ListPosition& b, bool ascending);

std::string to_cursor(const ListPosition& position);
Result<ListPosition> parse_list_cursor(std::string_view cursor);

/// Everything of the query but kind, cursor and text.
bool passes_filters(const EntityRow& row, const EntityQuery& query);

/// Case is folded for ASCII letters only. An empty `text` is in everything.
bool contains_text(const Entity& entity, std::string_view text);

Status check_limit(std::size_t limit);

/// Collects one page from rows that come in list order.
class PageBuilder {
 public:
  explicit PageBuilder(const EntityQuery& query) : query_(query) {}

  /// Returns whether more rows are wanted.
  bool offer(const EntityRow& row);
  /// `offer` for a caller that has applied every filter but the text.
  bool offer_filtered(const EntityRow& row);
  EntityPage take() { return std::move(page_); }

 private:
  const EntityQuery& query_;
  EntityPage page_;
  std::size_t texts_seen_ = 0;
  ListPosition last_seen_;
};

/// A successful deployment's finish; nothing for everything else.
std::optional<Instant> success_finish(const Entity& entity);

/// The first 64 bits of the term's SHA-256. Stored on disk: never changes.
std::uint64_t mention_hash(const Mention& term);

}  // namespace fairlead::store
