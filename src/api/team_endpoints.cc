#include "api/team_endpoints.h"

#include "api/read_call.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

Result<http::Response> read_teams(ReadCall& call) {
  static const std::vector<std::string> kColumns{"team", "services"};
  json::array items;
  for (const auto& [team, services] : call.context.options.teams) {
    json::array names;
    for (const ServiceName& service : services) names.emplace_back(service.text);
    items.push_back(json::object{{"team", team.text}, {"services", std::move(names)}});
  }
  return list_response(call, std::move(items), {}, kColumns);
}

}  // namespace

void add_team_endpoints(Endpoints& endpoints, Context& context) {
  endpoints.push_back(
      read_endpoint(context, "/api/v1/teams", "listTeams", "lists",
                    "The teams of the configuration with their services: what the parameter `team` takes.", {"format"},
                    {{200, "All teams.", "TeamList"}, {200, "The same as CSV.", "", "text/csv"}}, read_teams));
}

}  // namespace fairlead::api
