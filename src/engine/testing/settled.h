#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/link/linker.h"
#include "engine/replay.h"
#include "store/store.h"

namespace fairlead::engine::testing {

/// For setups that cannot fail: the value, or the end of the test program with the message.
template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "unexpected failure: {}\n", result.error().message);
  CHECK(result.has_value());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline void append_all(store::Journal& journal, std::span<const Delivery> deliveries) {
  must(journal.append(deliveries));
}

/// Every row of every layer (invariants I3 and I4 compare these).
inline std::vector<std::string> dump_of(store::Derived& derived) {
  std::vector<std::string> lines;
  must(must(derived.read())->dump([&](std::string_view line) { lines.emplace_back(line); }));
  return lines;
}

/// Empty when they are equal; else the first line that differs, with the one before it.
inline std::string first_difference(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  const auto [at, other] = std::ranges::mismatch(expected, actual);
  if (at == expected.end() && other == actual.end()) return {};
  const auto line = static_cast<std::size_t>(at - expected.begin());
  return fmt::format("line {}:\n  before   {}\n  expected {}\n  actual   {}", line + 1,
                     line == 0 ? "-" : expected[line - 1], at == expected.end() ? "(end)" : *at,
                     other == actual.end() ? "(end)" : *other);
}

}  // namespace fairlead::engine::testing
