#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "api/csv.h"
#include "api/parameters.h"
#include "api/testing/api_world.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

std::vector<std::string> ids_of(const Answer& answer) {
  EXPECT_EQ(answer.status, 200) << answer.body;
  std::vector<std::string> ids;
  const json::value list = answer.json();
  for (const json::value& item : list.at("items").as_array()) ids.emplace_back(item.at("id").as_string());
  return ids;
}

using Ids = std::vector<std::string>;

TEST(Lists, are_newest_first_and_page_by_cursor_without_gap_or_repetition) {
  ApiWorld world;
  std::string body;
  for (int i = 0; i < 7; ++i) body += deployment_event(fmt::format("d{}", i), fmt::format("10:00:0{}", i)) + "\n";
  world.post_events(body, {}, {{"content-type", "application/x-ndjson"}});
  EXPECT_EQ(ids_of(world.get("/api/v1/deployments")), (Ids{"d6", "d5", "d4", "d3", "d2", "d1", "d0"}));
  EXPECT_EQ(ids_of(world.get("/api/v1/deployments?sort=at")), (Ids{"d0", "d1", "d2", "d3", "d4", "d5", "d6"}));

  Ids paged;
  std::string target = "/api/v1/deployments?limit=3";
  for (int page = 0; page < 3; ++page) {
    const Answer answer = world.get(target);
    for (std::string& id : ids_of(answer)) paged.push_back(std::move(id));
    const json::value next = answer.json().at("next_cursor");
    if (page == 2) {
      EXPECT_TRUE(next.is_null());
      EXPECT_EQ(answer.header("Link"), "");
    } else {
      target = "/api/v1/deployments?limit=3&cursor=" + encode_query(next.as_string());
      EXPECT_EQ(answer.header("Link"), "<" + target + ">; rel=\"next\"");
    }
  }
  EXPECT_EQ(paged, (Ids{"d6", "d5", "d4", "d3", "d2", "d1", "d0"}));
}

TEST(Lists, filter_by_every_parameter_and_by_lists_of_values) {
  ApiOptions options;
  options.teams = {{TeamName("red"), {ServiceName("web"), ServiceName("job")}}};
  ApiWorld world(options);
  world.post_events(R"([
    {"type":"deployment","id":"a","service":"web","environment":"production","status":"success","version":"1.0",
     "repository":"github.com/acme/web","sha":"aa","finished_at":"2026-01-10T10:00:00Z"},
    {"type":"deployment","id":"b","service":"web","environment":"staging","status":"failed","version":"2.0",
     "finished_at":"2026-01-20T10:00:00Z"},
    {"type":"deployment","id":"c","service":"api","environment":"production","status":"cancelled",
     "finished_at":"2026-01-30T10:00:00Z"}])");
  const auto list = [&](const std::string& query) { return ids_of(world.get("/api/v1/deployments?" + query)); };
  EXPECT_EQ(list("service=web"), (Ids{"b", "a"}));
  EXPECT_EQ(list("service=web,api"), (Ids{"c", "b", "a"}));
  EXPECT_EQ(list("environment=production"), (Ids{"c", "a"}));
  EXPECT_EQ(list("status=success,failed"), (Ids{"b", "a"}));
  EXPECT_EQ(list("repository=github.com/acme/web"), (Ids{"a"}));
  EXPECT_EQ(list("q=2.0"), (Ids{"b"}));
  EXPECT_EQ(list("team=red"), (Ids{"b", "a"}));
  EXPECT_EQ(list("team=red&service=web,api"), (Ids{"b", "a"}));
  EXPECT_EQ(list("from=2026-01-15"), (Ids{"c", "b"}));
  EXPECT_EQ(list("to=2026-01-15"), (Ids{"a"}));
  EXPECT_EQ(list("from=2026-01-20T10:00:00Z&to=2026-01-30T10:00:00Z"), (Ids{"b"}));  // half open
  EXPECT_EQ(list("from=now-2d"), (Ids{"c"}));
  EXPECT_EQ(list("simulated=true"), (Ids{}));
  EXPECT_EQ(list("simulated=false"), (Ids{"c", "b", "a"}));
}

TEST(Lists, a_date_is_read_in_the_zone_that_is_asked_for) {
  ApiWorld world;
  world.post_events(deployment_event("late", "23:30:00"));  // the 31st in Berlin
  EXPECT_EQ(ids_of(world.get("/api/v1/deployments?from=2026-01-31")), (Ids{}));
  EXPECT_EQ(ids_of(world.get("/api/v1/deployments?from=2026-01-31&tz=Europe/Berlin")), (Ids{"late"}));
}

TEST(Parameters, what_is_unknown_repeated_or_unreadable_is_400_and_named) {
  ApiWorld world;
  const auto refused = [&](const std::string& query, const std::string& word) {
    const Answer answer = world.get("/api/v1/deployments?" + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.header("Content-Type"), http::kProblemType);
    EXPECT_NE(answer.body.find(word), std::string::npos) << query << ": " << answer.body;
  };
  refused("servise=web", "servise");
  refused("profile=fairlead", "profile");  // known elsewhere, not here
  refused("service=a&service=b", "service");
  refused("limit=0", "limit");
  refused("limit=1001", "1000");
  refused("limit=ten", "limit");
  refused("limit=-1", "limit");
  refused("from=yesterday", "from");
  refused("to=2026-13-01", "to");
  refused("from=2026-01-02&to=2026-01-01", "range");
  refused("tz=Mars/Olympus", "tz");
  refused("sort=name", "sort");
  refused("simulated=maybe", "simulated");
  refused("format=xml", "format");
  refused("team=nobody", "nobody");
  refused("cursor=nonsense", "cursor");
  refused("q=" + std::string(limits::kNameBytesMax + 1, 'q'), "q");
  refused("service=" + std::string(limits::kNameBytesMax * 8 + 1, 's'), "service");
  EXPECT_EQ(world.get("/api/v1/deployments?q=" + std::string(limits::kNameBytesMax, 'q')).status, 200);
  EXPECT_EQ(world.get("/api/v1/deployments?limit=1000").status, 200);
}

TEST(Parameters, an_end_after_now_is_now) {
  ApiWorld world;
  const json::value report = world.get("/api/v1/metrics/delivery?from=2026-01-01&to=2027-01-01").json();
  EXPECT_EQ(report.at("to"), "2026-01-31T12:00:00Z");
  EXPECT_EQ(report.at("as_of"), "2026-01-31T12:00:00Z");
}

TEST(Parameters, a_report_without_a_range_covers_the_seven_days_before_its_end) {
  ApiWorld world;
  EXPECT_EQ(world.get("/api/v1/metrics/delivery").json().at("from"), "2026-01-24T12:00:00Z");
  EXPECT_EQ(world.get("/api/v1/metrics/delivery?to=2026-01-10").json().at("from"), "2026-01-03T00:00:00Z");
  EXPECT_EQ(world.get("/api/v1/metrics/delivery?from=2026-02-01").status, 400);
}

TEST(Csv, is_chosen_by_parameter_or_accept) {
  ApiWorld world;
  world.post_events(deployment_event("d1", "10:00:00"));
  const Answer by_parameter = world.get("/api/v1/deployments?format=csv");
  EXPECT_TRUE(by_parameter.header("Content-Type").starts_with("text/csv"));
  EXPECT_TRUE(by_parameter.body.starts_with("key,type,id,source,service,environment,")) << by_parameter.body;
  EXPECT_NE(by_parameter.body.find(",d1,events,api,production,"), std::string::npos) << by_parameter.body;
  EXPECT_EQ(world.get("/api/v1/deployments", {}, {{"accept", "text/csv"}}).body, by_parameter.body);
  EXPECT_EQ(world.get("/api/v1/deployments?format=json", {}, {{"accept", "text/csv"}}).header("Content-Type"),
            "application/json");
  EXPECT_EQ(world.get("/api/v1/deployments", {}, {{"accept", "application/json, text/csv"}}).header("Content-Type"),
            "application/json");
}

TEST(Csv, a_cell_that_a_spreadsheet_would_run_is_disarmed) {
  const auto cell = [](std::string_view text) {
    std::string out;
    append_csv_cell(out, text);
    return out;
  };
  EXPECT_EQ(cell("plain"), "plain");
  EXPECT_EQ(cell("=1+1"), "'=1+1");
  EXPECT_EQ(cell("+1"), "'+1");
  EXPECT_EQ(cell("-1"), "'-1");
  EXPECT_EQ(cell("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(cell("\t=1"), "'\t=1");
  EXPECT_EQ(cell("a=1"), "a=1");
  EXPECT_EQ(cell("say \"hi\", now\nor never"), "\"say \"\"hi\"\", now\nor never\"");
  EXPECT_EQ(cell("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
  EXPECT_EQ(cell(""), "");
}

TEST(Csv, numbers_stand_as_they_are_and_lists_are_joined) {
  const std::vector<std::string> columns{"a", "b", "c", "d", "e"};
  const json::array items{
      json::object{{"a", -5}, {"b", json::array{"x", "=y"}}, {"c", nullptr}, {"d", json::object{{"k", 1}}}}};
  EXPECT_EQ(to_csv(columns, items), "a,b,c,d,e\r\n-5,x =y,,\"{\"\"k\"\":1}\",\r\n");
}

// ---- Details and reports ----

constexpr std::string_view kHistory = R"([
  {"type":"commit","repository":"github.com/acme/api","sha":"a1","parents":[],"authored_at":"2026-01-25T08:00:00Z",
   "committed_at":"2026-01-25T08:00:00Z","message":"one"},
  {"type":"commit","repository":"github.com/acme/api","sha":"b2","parents":["a1"],"authored_at":"2026-01-26T08:00:00Z",
   "committed_at":"2026-01-26T08:00:00Z","message":"two"},
  {"type":"commit","repository":"github.com/acme/api","sha":"c3","parents":["b2"],"authored_at":"2026-01-26T09:00:00Z",
   "committed_at":"2026-01-26T09:00:00Z","message":"three"},
  {"type":"deployment","id":"d1","service":"api","environment":"production","status":"success",
   "repository":"github.com/acme/api","sha":"a1","finished_at":"2026-01-25T10:00:00Z"},
  {"type":"deployment","id":"d2","service":"api","environment":"production","status":"success",
   "repository":"github.com/acme/api","sha":"c3","finished_at":"2026-01-27T08:00:00Z"},
  {"type":"incident","id":"i1","service":"api","environment":"production","title":"down",
   "opened_at":"2026-01-27T09:00:00Z","resolved_at":"2026-01-27T10:00:00Z","deployment_id":"d2"}])";

std::string deployment_key(const std::string& id) {
  return EntityKey::of(EntityKind::kDeployment, Origin("events"), id).hex();
}

TEST(Deployment, detail_lists_what_it_shipped_its_evidence_streams_and_facts) {
  ApiWorld world;
  world.post_events(std::string(kHistory));
  const json::value detail = world.get("/api/v1/deployments/" + deployment_key("d2")).json();
  EXPECT_EQ(detail.at("id"), "d2");
  EXPECT_EQ(detail.at("sha"), "c3");
  EXPECT_EQ(detail.at("finished_at"), "2026-01-27T08:00:00Z");
  EXPECT_EQ(detail.at("baseline"), false);
  EXPECT_EQ(detail.at("ancestry_unknown"), false);
  EXPECT_EQ(detail.at("shipped_count"), 2);
  ASSERT_EQ(detail.at("shipped").at("items").as_array().size(), 2u);
  EXPECT_EQ(detail.at("shipped").at("items").at(0).at("sha"), "b2");
  EXPECT_EQ(detail.at("shipped").at("items").at(0).at("message"), "two");
  EXPECT_EQ(detail.at("shipped").at("items").at(1).at("sha"), "c3");
  ASSERT_EQ(detail.at("evidence").as_array().size(), 1u);
  EXPECT_EQ(detail.at("evidence").at(0).at("kind"), "explicit");
  EXPECT_EQ(detail.at("evidence").at(0).at("by").at("id"), "i1");
  ASSERT_EQ(detail.at("streams").as_array().size(), 1u);
  EXPECT_EQ(detail.at("streams").at(0).at("repository"), "github.com/acme/api");
  EXPECT_FALSE(detail.at("facts").as_array().empty());
  const json::value first = world.get("/api/v1/deployments/" + deployment_key("d1")).json();
  EXPECT_EQ(first.at("baseline"), true);
  EXPECT_EQ(first.at("shipped").at("count"), 0);
}

TEST(Deployment, commits_page_through_all_that_it_shipped) {
  ApiWorld world;
  world.post_events(std::string(kHistory));
  const std::string base = "/api/v1/deployments/" + deployment_key("d2") + "/commits?limit=1";
  const json::value one = world.get(base).json();
  EXPECT_EQ(one.at("items").at(0).at("sha"), "b2");
  const std::string cursor(one.at("next_cursor").as_string());
  const json::value two = world.get(base + "&cursor=" + cursor).json();
  ASSERT_EQ(two.at("items").as_array().size(), 1u);
  EXPECT_EQ(two.at("items").at(0).at("sha"), "c3");
  EXPECT_TRUE(two.at("next_cursor").is_null());
}

TEST(Deployment, a_key_of_another_kind_or_no_key_is_404) {
  ApiWorld world;
  world.post_events(std::string(kHistory));
  EXPECT_EQ(world.get("/api/v1/deployments/none").status, 404);
  EXPECT_EQ(world.get("/api/v1/deployments/" + deployment_key("nobody")).status, 404);
  const std::string incident = EntityKey::of(EntityKind::kIncident, Origin("events"), "i1").hex();
  EXPECT_EQ(world.get("/api/v1/deployments/" + incident).status, 404);
  EXPECT_EQ(world.get("/api/v1/runs/" + deployment_key("d1")).status, 404);
}

TEST(Run, detail_lists_its_tasks) {
  ApiWorld world;
  world.post_events(R"([{"type":"run","id":"r","pipeline":"ci","status":"failed","started_at":"2026-01-30T10:00:00Z",
    "finished_at":"2026-01-30T10:01:00Z"},
    {"type":"task","run_id":"r","id":"t","name":"test","status":"failed","started_at":"2026-01-30T10:00:00Z",
     "finished_at":"2026-01-30T10:00:30Z"},
    {"type":"task","run_id":"other","id":"u","name":"test","status":"success","finished_at":"2026-01-30T10:00:30Z"}])");
  const std::string key = EntityKey::of(EntityKind::kRun, Origin("events"), "r").hex();
  const json::value run = world.get("/api/v1/runs/" + key).json();
  EXPECT_EQ(run.at("pipeline"), "ci");
  EXPECT_EQ(run.at("finished_at"), "2026-01-30T10:01:00Z");
  ASSERT_EQ(run.at("tasks").as_array().size(), 1u);
  EXPECT_EQ(run.at("tasks").at(0).at("name"), "test");
}

TEST(Matrix, shows_the_latest_attempt_and_the_latest_success_of_each_pair) {
  ApiWorld world;
  world.post_events(R"([
    {"type":"deployment","id":"old","service":"api","environment":"production","status":"success",
     "finished_at":"2026-01-20T10:00:00Z"},
    {"type":"deployment","id":"new","service":"api","environment":"production","status":"failed",
     "finished_at":"2026-01-21T10:00:00Z"},
    {"type":"deployment","id":"web","service":"web","environment":"staging","status":"running",
     "started_at":"2026-01-22T10:00:00Z"}])");
  const json::value matrix = world.get("/api/v1/environments/matrix").json();
  ASSERT_EQ(matrix.at("items").as_array().size(), 2u);
  EXPECT_EQ(matrix.at("items").at(0).at("latest").at("id"), "new");
  EXPECT_EQ(matrix.at("items").at(0).at("current").at("id"), "old");
  EXPECT_EQ(matrix.at("items").at(1).at("latest").at("id"), "web");
  EXPECT_TRUE(matrix.at("items").at(1).at("current").is_null());
  const json::value first = world.get("/api/v1/environments/matrix?limit=1").json();
  ASSERT_EQ(first.at("items").as_array().size(), 1u);
  const json::value second =
      world.get("/api/v1/environments/matrix?limit=1&cursor=" + std::string(first.at("next_cursor").as_string()))
          .json();
  ASSERT_EQ(second.at("items").as_array().size(), 1u);
  EXPECT_EQ(second.at("items").at(0).at("service"), "web");
  EXPECT_TRUE(second.at("next_cursor").is_null());
}

TEST(Report, has_every_member_that_a_number_is_made_of) {
  ApiWorld world;
  world.post_events(std::string(kHistory));
  const Answer answer = world.get("/api/v1/metrics/delivery?service=api&from=2026-01-24&to=2026-01-31");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_FALSE(answer.header("Server-Timing").empty());
  const json::value report = answer.json();
  EXPECT_EQ(report.at("profile"), "fairlead");
  EXPECT_EQ(report.at("time_zone"), "UTC");
  for (const char* name : {"deployment_frequency", "change_lead_time", "change_fail_rate",
                           "failed_deployment_recovery_time", "deployment_rework_rate"}) {
    const json::object& metric = report.at("metrics").at(name).as_object();
    for (const char* member : {"value", "unit", "n", "coverage", "interval", "previous", "better", "exclusions",
                               "pending", "rows", "unknown"}) {
      EXPECT_TRUE(metric.contains(member)) << name << " lacks " << member;
    }
    // Invariant I6: a value or the reason why there is none, never both, never neither.
    EXPECT_NE(metric.at("value").is_null(), metric.at("unknown").is_null()) << name;
  }
  const json::value& metrics = report.at("metrics");
  EXPECT_DOUBLE_EQ(metrics.at("deployment_frequency").at("value").to_number<double>(), 2.0 / 7);
  EXPECT_DOUBLE_EQ(metrics.at("change_lead_time").at("value").to_number<double>(), (24 + 23) / 2.0 * 3600);
  EXPECT_DOUBLE_EQ(metrics.at("change_fail_rate").at("value").to_number<double>(), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("failed_deployment_recovery_time").at("value").to_number<double>(), 2 * 3600);
  EXPECT_TRUE(metrics.at("deployment_rework_rate").at("value").is_null());
}

TEST(Report, each_number_links_to_rows_that_give_it_again) {
  ApiOptions options;
  options.base_path = "/fairlead";
  ApiWorld world(options);
  world.post_events(std::string(kHistory));
  const json::value report =
      world.get("/api/v1/metrics/delivery?service=api&environment=production&from=now-7d").json();
  world.clock.advance(Duration::days(7));  // the link names the range, so later it still shows the same rows
  for (const auto& metric : report.at("metrics").as_object()) {
    std::string rows(metric.value().at("rows").as_string());
    ASSERT_TRUE(rows.starts_with("/fairlead/api/v1/")) << rows;
    const json::value explained = world.get(rows.substr(9) + "&limit=1000").json();
    EXPECT_EQ(explained.at("metric"), json::value(metric.key()));
    EXPECT_EQ(explained.at("number").at("value"), metric.value().at("value")) << metric.key();
    EXPECT_FALSE(explained.at("formula").as_string().empty());
    std::int64_t counted = 0;
    for (const json::value& row : explained.at("items").as_array()) counted += row.at("excluded").is_null() ? 1 : 0;
    EXPECT_EQ(counted, metric.value().at("n").to_number<std::int64_t>()) << metric.key();
  }
}

TEST(Explanation, rows_name_their_subject_owner_and_evidence) {
  ApiWorld world;
  world.post_events(std::string(kHistory));
  const json::value failures = world.get("/api/v1/metrics/delivery/change_fail_rate/explain?from=now-7d").json();
  ASSERT_EQ(failures.at("items").as_array().size(), 2u);
  const json::value& failed = failures.at("items").at(0);
  EXPECT_EQ(failed.at("subject").at("id"), "d2");
  EXPECT_EQ(failed.at("subject").at("type"), "deployment");
  EXPECT_EQ(failed.at("value"), 1);
  EXPECT_EQ(failed.at("evidence").at(0).at("by").at("title"), "down");
  const json::value lead =
      world.get("/api/v1/metrics/delivery/change_lead_time/explain?from=now-7d&excluded=false").json();
  ASSERT_EQ(lead.at("items").as_array().size(), 2u);
  EXPECT_EQ(lead.at("items").at(0).at("owner").at("id"), "d2");
  EXPECT_EQ(lead.at("items").at(0).at("subject").at("source"), "github.com/acme/api");
  const json::value excluded =
      world.get("/api/v1/metrics/delivery/change_lead_time/explain?from=now-7d&excluded=true").json();
  EXPECT_FALSE(excluded.at("items").as_array().empty());
  for (const json::value& row : excluded.at("items").as_array()) EXPECT_FALSE(row.at("excluded").is_null());
}

TEST(Explanation, rows_come_newest_first_or_the_other_way_round_page_by_page) {
  ApiWorld world;
  world.post_events(std::string(kHistory));
  const auto times = [&](const std::string& sort) {
    std::vector<std::string> found;
    std::string cursor;
    do {
      const json::value page =
          world.get("/api/v1/metrics/delivery/deployment_frequency/explain?from=now-7d&limit=1" + sort + cursor).json();
      for (const json::value& row : page.at("items").as_array()) found.emplace_back(row.at("at").as_string());
      const json::value& next = page.at("next_cursor");
      cursor = next.is_null() ? "" : "&cursor=" + std::string(next.as_string());
    } while (!cursor.empty());
    return found;
  };
  const std::vector<std::string> newest_first = times("");
  ASSERT_GE(newest_first.size(), 2u);
  EXPECT_TRUE(std::ranges::is_sorted(newest_first, std::greater<>()));
  EXPECT_NE(newest_first.front(), newest_first.back());
  EXPECT_EQ(times("&sort=-at"), newest_first);
  EXPECT_EQ(times("&sort=at"), std::vector(newest_first.rbegin(), newest_first.rend()));
}

TEST(Report, simulated_rows_never_mix_with_real_ones) {
  ApiWorld world;
  world.post_events("[" + deployment_event("real", "10:00:00") + "," +
                    deployment_event("demo", "11:00:00", R"("simulated":true)") + "]");
  const auto n = [&](const std::string& query) {
    return world.get("/api/v1/metrics/delivery?from=now-7d" + query)
        .json()
        .at("metrics")
        .at("deployment_frequency")
        .at("n");
  };
  EXPECT_EQ(n(""), 1);
  EXPECT_EQ(n("&simulated=true"), 1);
  EXPECT_EQ(world.get("/api/v1/metrics/delivery?from=now-7d").json().at("simulated"), false);
  const json::value list = world.get("/api/v1/deployments").json();
  EXPECT_EQ(list.at("items").at(0).at("simulated"), true);
  EXPECT_EQ(list.at("items").at(1).at("simulated"), false);
}

TEST(Report, a_demo_shows_simulated_rows_says_so_and_still_mixes_nothing) {
  ApiOptions options;
  options.simulated_by_default = true;
  ApiWorld world(std::move(options));
  world.post_events("[" + deployment_event("real", "10:00:00") + "," +
                    deployment_event("demo", "11:00:00", R"("simulated":true)") + "," +
                    deployment_event("demo2", "12:00:00", R"("simulated":true)") + "]");
  for (const auto& [query, simulated, n] :
       {std::tuple{"", true, 2}, {"&simulated=true", true, 2}, {"&simulated=false", false, 1}}) {
    const json::value report = world.get(std::string("/api/v1/metrics/delivery?from=now-7d") + query).json();
    EXPECT_EQ(report.at("simulated"), simulated) << query;
    const json::value& number = report.at("metrics").at("deployment_frequency");
    EXPECT_EQ(number.at("n"), n) << query;
    const json::value rows = world.get(std::string(number.at("rows").as_string())).json();
    EXPECT_EQ(rows.at("simulated"), simulated) << query;
    EXPECT_EQ(rows.at("items").as_array().size(), static_cast<std::size_t>(n)) << query;
    for (const json::value& row : rows.at("items").as_array()) EXPECT_EQ(row.at("simulated"), simulated) << query;
  }
}

TEST(Report, csv_has_one_line_per_number_legs_included) {
  ApiWorld world;
  world.post_events(std::string(kHistory));
  const Answer csv = world.get("/api/v1/metrics/delivery?format=csv");
  EXPECT_TRUE(csv.body.starts_with("metric,value,unit,n,")) << csv.body;
  EXPECT_NE(csv.body.find("\r\ndeployment_frequency,"), std::string::npos);
  EXPECT_NE(csv.body.find("\r\nchange_lead_time_coding,"), std::string::npos);
}

TEST(Report, holds_only_the_numbers_that_are_asked_for) {
  ApiWorld world;
  const auto response = world.get("/api/v1/metrics/delivery?metric=deployment_frequency,change_fail_rate");
  ASSERT_EQ(response.status, 200) << response.body;
  const json::value report = json::parse(response.body);
  const json::object& metrics = report.at("metrics").as_object();
  EXPECT_EQ(metrics.size(), 2u);
  EXPECT_TRUE(metrics.contains("deployment_frequency"));
  EXPECT_TRUE(metrics.contains("change_fail_rate"));
}

TEST(Report, an_unknown_profile_or_metric_is_refused) {
  ApiWorld world;
  EXPECT_EQ(world.get("/api/v1/metrics/delivery?metric=nobody").status, 404);
  EXPECT_EQ(world.get("/api/v1/metrics/delivery?profile=nobody").status, 400);
  EXPECT_EQ(world.get("/api/v1/metrics/delivery/nobody/explain").status, 404);
}

}  // namespace
}  // namespace fairlead::api
