#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::api {

/// One thing that was looked at.
struct Finding {
  enum class State : std::uint8_t { kOk, kWarning, kFailing };

  std::string check;  ///< A stable name: `disk`, `sources.github`.
  State state = State::kOk;
  std::string seen;    ///< What was found, with figures.
  std::string action;  ///< What to do; empty where all is well.

  static Finding ok(std::string check, std::string seen) { return {std::move(check), State::kOk, std::move(seen), {}}; }
  static Finding warning(std::string check, std::string seen, std::string action) {
    return {std::move(check), State::kWarning, std::move(seen), std::move(action)};
  }
  static Finding failing(std::string check, std::string seen, std::string action) {
    return {std::move(check), State::kFailing, std::move(seen), std::move(action)};
  }
};

std::string_view to_string(Finding::State state);  ///< `ok`, `warning`, `failing`.

/// The worst of all; ok for none.
Finding::State worst_of(std::span<const Finding> findings);

/// Those that fail, then warnings, then the rest; each in the order they had.
std::vector<Finding> worst_first(const std::vector<Finding>& findings);

/// `{"status","at","version","findings":[{"check","state","seen","action"}]}`, the worst first.
boost::json::object health_json(const std::vector<Finding>& findings, std::string_view at, std::string_view version);

}  // namespace fairlead::api
