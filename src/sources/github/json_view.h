#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace fairlead::sources {

/// A place in a payload that may not be there. Whatever is missing, null or of another type than asked for reads as
/// absent: payloads differ between versions of GitHub, and a missing optional field never fails a delivery.
class JsonView {
 public:
  JsonView() = default;
  explicit JsonView(simdjson::dom::element element) {
    if (!element.is_null()) element_ = element;
  }

  bool exists() const { return element_.has_value(); }
  JsonView operator[](std::string_view key) const;

  std::string_view text() const;
  /// A text as a name: cut at kNameBytesMax.
  std::string name() const;
  /// A text cut at kTextBytesMax.
  std::string long_text() const;
  /// A number or a text as an id; empty when it is absent or unusable.
  std::string id() const;
  /// A sha; empty when it is absent, too long, or the zeros that stand for "none".
  std::string_view sha() const;
  /// A web address; empty when it is anything else.
  std::string_view url() const;
  std::optional<std::int64_t> integer() const;
  bool flag() const;
  /// A time as text, or in seconds as pushes have it.
  std::optional<Instant> time() const;
  /// The member `key` as a time that may be known to be none: null says so, absence says nothing.
  std::optional<std::optional<Instant>> time_or_none(std::string_view key) const;

  bool is_array() const { return element_ && element_->is_array(); }

  /// Of an array; 0 for everything else.
  std::size_t size() const;

  /// Calls `each(JsonView)` for every element of an array.
  template <class Each>
  void for_each(Each&& each) const {
    simdjson::dom::array items;
    if (!element_ || element_->get(items) != simdjson::SUCCESS) return;
    for (const simdjson::dom::element item : items) each(JsonView(item));
  }

 private:
  std::optional<simdjson::dom::element> element_;
};

}  // namespace fairlead::sources
