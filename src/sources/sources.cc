#include <algorithm>
#include <array>

#include "sources/events.h"
#include "sources/github.h"
#include "sources/source.h"

namespace fairlead::sources {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : *list_) {
    if (equal_without_case(key, name)) return value;
  }
  return std::nullopt;
}

std::span<const Source* const> all_sources() {
  static const std::array<const Source*, 2> kSources = {&events_source(), &github_source()};
  return kSources;
}

const Source* find_source(std::string_view name) {
  for (const Source* source : all_sources()) {
    if (source->name().text == name) return source;
  }
  return nullptr;
}

}  // namespace fairlead::sources
