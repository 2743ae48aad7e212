// The stored layers and the reports of random worlds against naive recomputations that share no code with them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/report/reporter.h"
#include "engine/testing/settled.h"
#include "engine/testing/world.h"
#include "metrics/registry.h"
#include "store/memory/memory_store.h"

namespace fairlead::engine {
namespace {

using testing::Dice;
using testing::must;
using testing::World;

constexpr std::uint64_t kWorlds = 60;

struct SettledWorld {
  explicit SettledWorld(std::uint64_t seed) {
    world = World::random(seed);
    testing::append_all(*journal, orderly_deliveries(world));
    must(project_all(*journal, *derived, world.policy, {}));
    reader = must(derived->read());
  }

  std::vector<store::EntityRow> all(EntityKind kind) const {
    store::EntityQuery query;
    query.kind = kind;
    query.limit = 100'000;
    return must(reader->entities(query)).rows;
  }
  std::vector<Fact> all_facts() const {
    store::FactQuery query;
    query.range = {kCalendarFrom, kCalendarTo};
    std::vector<Fact> facts;
    for (const bool simulated : {false, true}) {
      query.simulated = simulated;
      // Naming every environment lifts the restriction to production.
      query.environments = must(reader->environments());
      query.environments.emplace_back("");
      for (Fact& fact : must(reader->facts(query)).rows) facts.push_back(std::move(fact));
    }
    return facts;
  }

  World world;
  std::unique_ptr<store::Journal> journal = store::make_memory_journal();
  std::unique_ptr<store::Derived> derived = store::make_memory_derived();
  std::unique_ptr<store::DerivedReader> reader;
};

/// What is reached over plain edges, by repetition until nothing is added.
std::set<std::string> reach(const std::vector<store::EdgeRow>& edges, std::set<std::string> from) {
  for (bool grew = true; grew;) {
    grew = false;
    for (const store::EdgeRow& edge : edges) {
      if (from.contains(edge.sha.text) && from.insert(edge.ancestor.text).second) grew = true;
    }
  }
  return from;
}

/// The repository where a deployment names none: the least one with that commit.
RepositoryName repository_of(const SettledWorld& settled, const CommitRef& ref) {
  if (!ref.repository.empty()) return ref.repository;
  std::set<RepositoryName> known;
  for (const auto& row : settled.all(EntityKind::kCommit)) {
    const auto& commit = std::get<Commit>(row.entity);
    if (commit.sha() == ref.sha) known.insert(commit.repository());
  }
  return known.empty() ? RepositoryName{} : *known.begin();
}

using Shas = std::set<std::string>;
/// In the order of the stream: finish, key; and the heads.
using StreamOrder = std::vector<std::tuple<Instant, EntityKey, Shas>>;
using Stream = std::tuple<ServiceName, EnvironmentName, bool, RepositoryName>;

std::map<Stream, StreamOrder> streams_of(const SettledWorld& settled) {
  std::map<Stream, StreamOrder> streams;
  for (const auto& row : settled.all(EntityKind::kDeployment)) {
    const auto& deployment = std::get<Deployment>(row.entity);
    const auto via = deployment.via.value_or(DeploymentVia::kDeployment);
    if (deployment.current() != RunStatus::kSuccess || !deployment.finished_at() || row.place.service.empty() ||
        via != deployments_from(settled.world.policy, row.place.service))
      continue;
    std::map<RepositoryName, Shas> heads;
    for (const CommitRef& ref : deployment.commits.value_or({}))
      heads[repository_of(settled, ref)].insert(ref.sha.text);
    for (auto& [repository, shas] : heads)
      streams[{row.place.service, row.place.environment, row.place.simulated, repository}].emplace_back(
          *deployment.finished_at(), row.key, std::move(shas));
  }
  for (auto& [stream, order] : streams) std::ranges::sort(order);
  return streams;
}

/// By deployment, `repository@sha`.
std::map<EntityKey, Shas> shipments_of(const SettledWorld& settled) {
  std::map<EntityKey, Shas> shipments;
  for (const auto& [stream, order] : streams_of(settled)) {
    const RepositoryName& repository = std::get<RepositoryName>(stream);
    const auto edges = must(settled.reader->edges(repository, 0, 1'000'000));
    Shas earlier;
    for (const auto& [finish, key, heads] : order) {
      const bool baseline = key == std::get<EntityKey>(order.front());
      const Shas reached = reach(edges, heads);
      for (const std::string& sha : reached) {
        if (!baseline && !earlier.contains(sha)) shipments[key].insert(repository.text + "@" + sha);
      }
      earlier.insert(reached.begin(), reached.end());
    }
  }
  return shipments;
}

TEST(Oracle, deployments_ship_what_no_earlier_success_of_their_stream_reaches) {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const SettledWorld settled(seed);
    std::map<EntityKey, Shas> expected = shipments_of(settled);
    for (const auto& row : settled.all(EntityKind::kDeployment)) {
      Shas actual;
      for (const Shipped& shipped : must(settled.reader->shipped_by(row.key)))
        actual.insert(shipped.repository.text + "@" + shipped.sha.text);
      ASSERT_EQ(actual, expected[row.key]) << row.key.hex();
      compared += actual.size();
    }
  }
  EXPECT_GT(compared, kWorlds) << "the worlds ship too little to prove anything";
}

bool in_scope(const Fact& fact, const ReportQuery& query, std::string_view metric) {
  const auto listed = [](const auto& list, const auto& item) {
    return list.empty() || std::ranges::find(list, item) != list.end();
  };
  if (fact.metric.text != metric || fact.simulated != query.simulated || !query.range.contains(fact.at)) return false;
  if (!listed(query.services, fact.service)) return false;
  if (query.environments.empty()) return fact.production && fact.first_in_production;
  return listed(query.environments, fact.environment);
}

ReportQuery random_query(const SettledWorld& settled, Dice& dice, const std::vector<Fact>& facts) {
  ReportQuery query;
  const Instant a = dice.pick(facts).at + Duration::millis(dice.between(-1, 1));
  const Instant b = dice.pick(facts).at + Duration::hours(dice.between(-40, 40));
  query.range = {std::min(a, b), std::max(a, b)};
  query.as_of = query.range.to + Duration::hours(dice.between(0, 48));
  query.simulated = dice.chance(20);
  const auto services = must(settled.reader->services());
  const auto environments = must(settled.reader->environments());
  if (dice.chance(50)) query.services = {dice.pick(services), dice.pick(services)};
  if (dice.chance(40)) query.environments = {dice.pick(environments)};
  return query;
}

/// Median by a full sort, ratios by counting: one number from all of the world's facts.
void expect_number(const MetricValue& number, const ReportQuery& query, const std::vector<Fact>& facts,
                   const Policy& policy) {
  SCOPED_TRACE(number.metric.text);
  std::vector<std::int64_t> values;
  std::map<std::string, std::int64_t> excluded;
  std::int64_t pending = 0;
  for (const Fact& fact : facts) {
    if (!in_scope(fact, query, number.metric.text)) continue;
    const bool young = fact.at > query.as_of - policy.attribution_window;
    if (!fact.value)
      ++excluded[fact.excluded];
    else if (number.metric.text == metrics::kChangeFailRate && young && *fact.value == 0)
      ++pending;
    else
      values.push_back(*fact.value);
  }
  std::ranges::sort(values);
  ASSERT_EQ(number.n, static_cast<std::int64_t>(values.size()));
  ASSERT_EQ(number.pending, pending);
  std::map<std::string, std::int64_t> told;
  for (const ExclusionCount& exclusion : number.exclusions) told[exclusion.reason] = exclusion.count;
  ASSERT_EQ(told, excluded);
  if (!number.value) {
    ASSERT_NE(number.unknown, "") << "an unknown number says why";
    return;
  }
  const auto n = static_cast<double>(values.size());
  const double ones = static_cast<double>(std::ranges::count(values, 1));
  double expected = 0;
  if (number.unit == "per_day") {
    expected = n * 86'400'000.0 / static_cast<double>(query.range.length().ms);
  } else if (number.unit == "ratio") {
    expected = ones / n;
  } else {
    const std::size_t middle = values.size() / 2;
    expected = values.size() % 2 == 1 ? static_cast<double>(values[middle])
                                      : static_cast<double>(values[middle - 1] + values[middle]) / 2;
    expected /= 1000;
  }
  ASSERT_NEAR(*number.value, expected, 1e-9);
}

TEST(Oracle, reports_and_their_rows_agree_with_a_count_over_all_facts) {
  for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const SettledWorld settled(seed);
    const std::vector<Fact> facts = settled.all_facts();
    const Reporter reporter(settled.world.policy);
    Dice dice(seed);
    for (int question = 0; question < 12; ++question) {
      const ReportQuery query = random_query(settled, dice, facts);
      const Report report = must(reporter.report(*settled.reader, query));
      for (const MetricValue& number : report.metrics) {
        expect_number(number, query, facts, settled.world.policy);
        for (const MetricValue& leg : number.legs) expect_number(leg, query, facts, settled.world.policy);
        if (HasFatalFailure()) return;
        // Invariant I5: as many rows count as the number says, and the others are its exclusions.
        const auto explained = must(reporter.explain(*settled.reader, query, number.metric, {.limit = 1'000}));
        ASSERT_EQ(explained.number, [&] {
          MetricValue alone = number;
          alone.legs.clear();
          return alone;
        }());
        ASSERT_EQ(std::ranges::count_if(explained.rows, [](const Fact& f) { return f.value.has_value(); }), number.n);
        ASSERT_EQ(static_cast<std::int64_t>(explained.pending.size()), number.pending);
      }
    }
  }
}

TEST(Oracle, summaries_are_what_their_days_facts_come_to) {
  for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const SettledWorld settled(seed);
    std::map<std::pair<SummaryPlace, Day>, DaySummary> expected;
    for (const Fact& fact : settled.all_facts()) {
      std::set<SummaryPlace> places;
      if (!fact.environment.empty()) places.insert({fact.metric, fact.service, fact.environment, fact.simulated});
      if (fact.production && fact.first_in_production) {
        places.insert({fact.metric, {}, {}, fact.simulated});
        places.insert({fact.metric, fact.service, {}, fact.simulated});
      }
      for (const SummaryPlace& place : places) {
        DaySummary& day = expected[{place, settled.world.policy.zone.day_of(fact.at)}];
        if (!fact.value) {
          ++day.excluded[fact.excluded];
          continue;
        }
        ++day.count;
        const bool rate = fact.metric.text.ends_with("_rate");
        if (rate) day.ones += *fact.value;
        if (!rate && fact.metric.text != metrics::kDeploymentFrequency) day.values.push_back(*fact.value);
      }
    }
    std::size_t days = 0;
    for (auto& [where, summary] : expected) {
      std::ranges::sort(summary.values);
      const auto stored = must(settled.reader->summaries(where.first, where.second, where.second, true));
      ASSERT_EQ(stored.size(), 1U) << where.first.metric.text;
      ASSERT_EQ(stored.begin()->second, summary) << where.first.metric.text;
      ++days;
    }
    std::size_t stored_days = 0;
    must(settled.reader->dump(
        [&](std::string_view line) { stored_days += line.starts_with(R"({"summary":)") ? 1 : 0; }));
    ASSERT_EQ(stored_days, days) << "a day without facts has no summary";
  }
}

TEST(Reporter, an_unknown_profile_or_metric_is_an_error_that_says_so) {
  const SettledWorld settled(1);
  const Reporter reporter(settled.world.policy);
  ReportQuery query;
  query.profile = "nobody";
  EXPECT_EQ(reporter.report(*settled.reader, query).error().code, ErrorCode::kInvalid);
  query.profile = "fairlead";
  EXPECT_EQ(reporter.explain(*settled.reader, query, MetricName{"speed"}, {}).error().code, ErrorCode::kNotFound);
  query.metrics = {MetricName{"speed"}};
  EXPECT_EQ(reporter.report(*settled.reader, query).error().code, ErrorCode::kNotFound);
}

TEST(Reporter, only_the_metrics_asked_for_are_made) {
  const SettledWorld settled(1);
  ReportQuery query;
  query.range = {Instant{0}, Instant{1}};
  query.metrics = {MetricName{metrics::kChangeLeadTime}, MetricName{metrics::kReworkRate}};
  const Report report = must(Reporter(settled.world.policy).report(*settled.reader, query));
  ASSERT_EQ(report.metrics.size(), 2U);
  EXPECT_EQ(report.metrics[0].legs.size(), 4U) << "a whole comes with its legs";
  query.metrics = {MetricName{metrics::kLeadTimeReview}};
  const Report leg = must(Reporter(settled.world.policy).report(*settled.reader, query));
  ASSERT_EQ(leg.metrics.size(), 1U);
  EXPECT_EQ(leg.metrics[0].metric.text, metrics::kLeadTimeReview);
}

TEST(Reporter, an_empty_period_is_unknown_and_no_division_by_zero) {
  const SettledWorld settled(1);
  ReportQuery query;
  query.range = {Instant{1'767'571'200'000}, Instant{1'767'571'200'000}};
  for (const MetricValue& number : must(Reporter(settled.world.policy).report(*settled.reader, query)).metrics) {
    EXPECT_EQ(number.value, std::nullopt);
    EXPECT_EQ(number.unknown, "empty_period");
  }
}

}  // namespace
}  // namespace fairlead::engine
