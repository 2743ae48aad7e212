#include "sources/github/json_view.h"

#include <algorithm>

#include "base/json_text.h"
#include "base/limits.h"

namespace fairlead::sources {
namespace {
constexpr std::size_t kUrlBytesMax = 2048;
}  // namespace

JsonView JsonView::operator[](std::string_view key) const {
  simdjson::dom::object object;
  simdjson::dom::element value;
  if (!element_ || element_->get(object) != simdjson::SUCCESS) return {};
  if (object.at_key(key).get(value) != simdjson::SUCCESS) return {};
  return JsonView(value);
}

std::size_t JsonView::size() const {
  simdjson::dom::array items;
  return element_ && element_->get(items) == simdjson::SUCCESS ? items.size() : 0;
}

std::string_view JsonView::text() const {
  std::string_view text;
  if (!element_ || element_->get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::string JsonView::name() const {
  return clean_utf8(text(), limits::kNameBytesMax);
}

std::string JsonView::long_text() const {
  return clean_utf8(text(), limits::kTextBytesMax);
}

std::string JsonView::id() const {
  if (const auto number = integer()) return std::to_string(*number);
  const std::string_view value = text();
  return value.size() <= limits::kNameBytesMax ? std::string(value) : std::string();
}

std::string_view JsonView::sha() const {
  const std::string_view value = text();
  const bool none = std::ranges::all_of(value, [](char c) { return c == '0'; });
  return none || value.size() > limits::kShaBytesMax ? std::string_view{} : value;
}

std::string_view JsonView::url() const {
  const std::string_view value = text();
  const bool web = value.starts_with("https://") || value.starts_with("http://");
  return web && value.size() <= kUrlBytesMax ? value : std::string_view{};
}

std::optional<std::int64_t> JsonView::integer() const {
  std::int64_t number = 0;
  if (!element_ || element_->get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

bool JsonView::flag() const {
  bool flag = false;
  return element_ && element_->get(flag) == simdjson::SUCCESS && flag;
}

std::optional<Instant> JsonView::time() const {
  if (const auto number = integer()) {
    const auto at = time_from_epoch(static_cast<double>(*number));
    return at ? std::optional(*at) : std::nullopt;
  }
  const auto at = parse_time(text());
  return at ? std::optional(*at) : std::nullopt;
}

std::optional<std::optional<Instant>> JsonView::time_or_none(std::string_view key) const {
  if (const auto at = (*this)[key].time()) return at;
  simdjson::dom::object object;
  simdjson::dom::element value;
  if (!element_ || element_->get(object) != simdjson::SUCCESS) return std::nullopt;
  if (object.at_key(key).get(value) != simdjson::SUCCESS || !value.is_null()) return std::nullopt;
  return std::optional<Instant>();
}

}  // namespace fairlead::sources
