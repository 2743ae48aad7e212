// Runs every scenario of src/metrics/scenarios: in the order of the file, backwards, and shuffled with links made in
// between. The expectations hold for the first; the others must come to the same state (invariant I3).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/project/projector.h"
#include "engine/report/reporter.h"
#include "engine/report/testing/scenario.h"
#include "engine/testing/dice.h"
#include "engine/testing/restless_run.h"
#include "engine/testing/settled.h"
#include "store/memory/memory_store.h"

namespace fairlead::engine {
namespace {

using testing::must;
using testing::parse_length;
using testing::Scenario;

std::vector<std::filesystem::path> scenario_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(FAIRLEAD_SOURCE_DIR "/src/metrics/scenarios"))
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string content_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ScenarioState {
 public:
  explicit ScenarioState(const Scenario& scenario)
      : scenario_(scenario), journal_(store::make_memory_journal()), derived_(store::make_memory_derived()) {}

  void run_in_order() {
    testing::append_all(*journal_, scenario_.deliveries);
    must(project_all(*journal_, *derived_, scenario_.policy, {}));
  }
  void run_restlessly(std::vector<Delivery> deliveries, std::uint64_t seed) {
    testing::Dice dice(seed);
    testing::RestlessRun(*journal_, *derived_, scenario_.policy, dice).take(deliveries);
  }
  store::Derived& derived() { return *derived_; }

 private:
  const Scenario& scenario_;
  std::unique_ptr<store::Journal> journal_;
  std::unique_ptr<store::Derived> derived_;
};

/// `26h` is a length, anything else a plain number.
double number_of(const std::string& text) {
  if (const auto length = parse_length(text)) return length->as_seconds();
  return std::stod(text);
}

class Expectations {
 public:
  Expectations(const Scenario& scenario, store::Derived& derived)
      : scenario_(scenario), reader_(must(derived.read())), reporter_(scenario.policy) {}

  void check_all() {
    for (const auto& expectation : scenario_.expectations) {
      SCOPED_TRACE(fmt::format("line {}: expect {}", expectation.line, expectation.what));
      check(expectation);
    }
  }

 private:
  using Expectation = Scenario::Expectation;

  void check(const Expectation& e) {
    if (e.what == "rows") return check_rows(e);
    if (e.what == "pending") return check_pending(e);
    if (e.what == "ships") return check_ships(e);
    if (e.what == "blamed") return check_blamed(e);
    check_number(e);
  }

  std::string name(const EntityKey& key) const {
    const auto known = scenario_.names.find(key);
    return known == scenario_.names.end() ? key.hex() : known->second;
  }

  Explanation explain(const ReportQuery& query, const std::string& metric) {
    Explanation all;
    do {
      auto page = must(reporter_.explain(*reader_, query, MetricName{metric}, {.limit = 2, .cursor = all.next_cursor}));
      page.rows.insert(page.rows.begin(), all.rows.begin(), all.rows.end());
      all = std::move(page);
    } while (!all.next_cursor.empty());
    return all;
  }

  void check_number(const Expectation& e) {
    const Explanation explanation = explain(e.query, e.what);
    const MetricValue& number = explanation.number;
    // Invariant I5: the number is made of exactly these rows.
    EXPECT_EQ(number.n, std::ranges::count_if(explanation.rows, [](const Fact& f) { return f.value.has_value(); }));
    EXPECT_EQ(number.pending, static_cast<std::int64_t>(explanation.pending.size()));
    for (const std::string& word : e.words) check_part(number, word);
  }

  void check_part(const MetricValue& number, const std::string& word) {
    const auto equals = word.find('=');
    ASSERT_NE(equals, std::string::npos) << word;
    const std::string part = word.substr(0, equals);
    const std::string wanted = word.substr(equals + 1);
    if (part == "unknown") {
      EXPECT_EQ(number.unknown, wanted);
      EXPECT_EQ(number.value, std::nullopt) << "unknown is never a number";
      return;
    }
    if (part == "note") {
      EXPECT_THAT(number.notes, ::testing::Contains(::testing::HasSubstr(wanted)));
      return;
    }
    const auto actual = part_of(number, part);
    if (wanted == "none") {
      EXPECT_EQ(actual, std::nullopt) << word;
      return;
    }
    ASSERT_TRUE(actual.has_value()) << word << " is unknown: " << number.unknown;
    EXPECT_NEAR(*actual, number_of(wanted), 5e-4) << word;
  }

  static std::optional<double> part_of(const MetricValue& number, const std::string& part) {
    if (part == "value" || part == "p50") return number.value;
    if (part == "n") return static_cast<double>(number.n);
    if (part == "pending") return static_cast<double>(number.pending);
    if (part == "coverage") return number.coverage;
    if (part == "previous") return number.previous;
    if (part == "low") return number.interval_low;
    if (part == "high") return number.interval_high;
    const auto exclusion = std::ranges::find(number.exclusions, part, &ExclusionCount::reason);
    if (exclusion != number.exclusions.end()) return static_cast<double>(exclusion->count);
    const auto also = number.also.find(part);
    if (also != number.also.end()) return also->second;
    // Reasons that excluded nothing are not listed.
    return part.find('_') != std::string::npos ? std::optional(0.0) : std::nullopt;
  }

  /// `SUBJECT:VALUE` or `SUBJECT:REASON`.
  void check_rows(const Expectation& e) {
    ASSERT_FALSE(e.words.empty());
    std::vector<std::string> rows;
    for (const Fact& fact : explain(e.query, e.words.front()).rows) {
      const std::string outcome = fact.value ? std::to_string(*fact.value) : fact.excluded;
      rows.push_back(name(fact.subject) + ":" + outcome);
    }
    std::vector<std::string> wanted;
    for (std::size_t i = 1; i < e.words.size(); ++i) {
      const auto colon = e.words[i].find(':');
      const std::string outcome = e.words[i].substr(colon + 1);
      const auto length = parse_length(outcome);
      wanted.push_back(e.words[i].substr(0, colon) + ":" + (length ? std::to_string(length->ms) : outcome));
    }
    EXPECT_THAT(rows, ::testing::UnorderedElementsAreArray(wanted));
  }

  void check_pending(const Expectation& e) {
    std::vector<std::string> pending;
    for (const auto& row : explain(e.query, "change_fail_rate").pending) pending.push_back(name(row.deployment));
    EXPECT_THAT(pending, ::testing::UnorderedElementsAreArray(e.words));
  }

  void check_ships(const Expectation& e) {
    ASSERT_FALSE(e.words.empty());
    std::vector<std::string> shas;
    for (const Shipped& row : must(reader_->shipped_by(scenario_.key_of(e.words.front()))))
      shas.push_back(row.sha.text);
    EXPECT_THAT(shas, ::testing::UnorderedElementsAreArray(std::vector(e.words.begin() + 1, e.words.end())));
  }

  void check_blamed(const Expectation& e) {
    ASSERT_FALSE(e.words.empty());
    std::vector<std::string> evidence;
    for (const Evidence& row : must(reader_->evidence_on(scenario_.key_of(e.words.front()))))
      evidence.push_back(fmt::format("{}:{}{}", to_string(row.kind), name(row.by), row.excluded.empty() ? "" : "!"));
    EXPECT_THAT(evidence, ::testing::UnorderedElementsAreArray(std::vector(e.words.begin() + 1, e.words.end())));
  }

  const Scenario& scenario_;
  std::unique_ptr<store::DerivedReader> reader_;
  Reporter reporter_;
};

class MetricScenario : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(MetricScenario, gives_the_expected_numbers_in_any_order) {
  const auto scenario = testing::parse_scenario(content_of(GetParam()));
  ASSERT_TRUE(scenario.has_value()) << GetParam().filename() << " " << scenario.error().message;
  ASSERT_FALSE(scenario->expectations.empty());
  ScenarioState in_order(*scenario);
  in_order.run_in_order();
  Expectations(*scenario, in_order.derived()).check_all();

  const auto expected = testing::dump_of(in_order.derived());
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    std::vector<Delivery> deliveries = scenario->deliveries;
    testing::Dice dice(seed);
    if (seed == 0)
      std::ranges::reverse(deliveries);
    else
      dice.shuffle(deliveries);
    ScenarioState restless(*scenario);
    restless.run_restlessly(std::move(deliveries), seed);
    ASSERT_EQ(testing::first_difference(expected, testing::dump_of(restless.derived())), "") << "order " << seed;
  }
}

std::string test_name(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  return info.param.stem().string();
}

INSTANTIATE_TEST_SUITE_P(Files, MetricScenario, ::testing::ValuesIn(scenario_files()), test_name);

TEST(ScenarioText, mistakes_name_their_line) {
  const auto scenario = testing::parse_scenario("# fine\n\nat 2026-01-05T10:00Z deploy api colour=red\n");
  ASSERT_FALSE(scenario.has_value());
  EXPECT_THAT(scenario.error().message, ::testing::HasSubstr("line 3: unknown field 'colour'"));
}

TEST(ScenarioText, lengths_are_sums_of_units) {
  EXPECT_EQ(parse_length("1d2h"), Duration::hours(26));
  EXPECT_EQ(parse_length("-90m"), Duration::seconds(-5'400));
  EXPECT_EQ(parse_length("1500ms"), Duration::millis(1'500));
  EXPECT_FALSE(parse_length("26").has_value());
  EXPECT_FALSE(parse_length("later").has_value());
}

}  // namespace
}  // namespace fairlead::engine
