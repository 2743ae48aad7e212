#include "api/health/finding.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <iterator>

namespace fairlead::api {

namespace json = boost::json;

std::string_view to_string(Finding::State state) {
  switch (state) {
    case Finding::State::kOk:
      return "ok";
    case Finding::State::kWarning:
      return "warning";
    case Finding::State::kFailing:
      break;
  }
  return "failing";
}

Finding::State worst_of(std::span<const Finding> findings) {
  Finding::State worst = Finding::State::kOk;
  for (const Finding& finding : findings) worst = std::max(worst, finding.state);
  return worst;
}

std::vector<Finding> worst_first(const std::vector<Finding>& findings) {
  std::vector<Finding> sorted;
  for (const auto state : {Finding::State::kFailing, Finding::State::kWarning, Finding::State::kOk}) {
    std::ranges::copy_if(findings, std::back_inserter(sorted), [=](const Finding& one) { return one.state == state; });
  }
  return sorted;
}

json::object health_json(const std::vector<Finding>& findings, std::string_view at, std::string_view version) {
  json::array items;
  for (const Finding& finding : worst_first(findings)) {
    items.push_back(
        json::object{{"check", finding.check},
                     {"state", to_string(finding.state)},
                     {"seen", finding.seen},
                     {"action", finding.action.empty() ? json::value(nullptr) : json::value(finding.action)}});
  }
  return {{"status", to_string(worst_of(findings))}, {"at", at}, {"version", version}, {"findings", std::move(items)}};
}

}  // namespace fairlead::api
