// What every Derived promises (store.h), over each implementation, with the memory store as the oracle of random runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/limits.h"
#include "store/testing/derived_stores.h"

namespace fairlead::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines_of(DerivedReader& reader) {
  std::vector<std::string> lines;
  const auto done = reader.dump([&](std::string_view line) { lines.emplace_back(line); });
  EXPECT_TRUE(done) << done.error().message;
  return lines;
}

class DerivedContract : public testing::TestWithParam<DerivedStore> {
 protected:
  DerivedContract() : open_(GetParam().new_place()) { reopen(); }

  void reopen() {
    derived_.reset();
    auto opened = open_();
    ASSERT_TRUE(opened) << opened.error().message;
    derived_ = std::move(*opened);
  }

  void write(const std::function<void(DerivedWriter&)>& changes) {
    auto writer = derived_->write();
    ASSERT_TRUE(writer) << writer.error().message;
    changes(**writer);
    const auto committed = (*writer)->commit();
    ASSERT_TRUE(committed) << committed.error().message;
  }
  std::unique_ptr<DerivedReader> read() { return std::move(derived_->read().value()); }

  const DerivedStore::Open open_;
  std::unique_ptr<Derived> derived_;
};

EntityRow deployment(const std::string& id, std::optional<Instant> at, std::string status = "success") {
  Deployment made;
  made.identity = {Origin("events"), id};
  made.version = {{0, {1}}, "v" + id};
  if (at && status == "success") made.status = {{2, *at}, StatusAt{RunStatus::kSuccess, at}};
  EntityRow row{key_of(made), made, {}};
  row.place = {
      ServiceName("api"), EnvironmentName("production"), RepositoryName("r"), at, std::move(status), true, false};
  return row;
}

EntityKey key(const std::string& id) {
  return EntityKey::of(EntityKind::kDeployment, Origin("events"), id);
}

std::vector<std::string> ids(const std::vector<EntityRow>& rows) {
  std::vector<std::string> found;
  for (const auto& row : rows) found.push_back(identity_of(row.entity).id);
  return found;
}

TEST_P(DerivedContract, a_new_store_is_empty) {
  const auto reader = read();
  EXPECT_THAT(lines_of(*reader), IsEmpty());
  EXPECT_EQ(reader->position(0).value(), 0u);
  EXPECT_EQ(reader->setting("x").value(), "");
  EXPECT_EQ(reader->outcome_counts().value(),
            (std::map<std::string, std::int64_t>{{"accepted", 0}, {"ignored", 0}, {"quarantined", 0}}));
}

TEST_P(DerivedContract, a_writer_sees_its_own_writes_and_nobody_else_does_before_the_commit) {
  auto writer = std::move(derived_->write().value());
  writer->set_position(0, 7);
  writer->put_entity(deployment("1", Instant{5}), {"term"});
  EXPECT_EQ(writer->position(0).value(), 7u);
  EXPECT_EQ(writer->services().value().size(), 1u);
  EXPECT_EQ(writer->mentioning("term", EntityKind::kDeployment).value().size(), 1u);
  const auto reader = read();
  EXPECT_EQ(reader->position(0).value(), 0u);
  EXPECT_THAT(lines_of(*reader), IsEmpty());
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(read()->position(0).value(), 7u);
}

TEST_P(DerivedContract, a_snapshot_stays_as_it_was) {
  write([](auto& w) { w.set_position(0, 1); });
  const auto before = read();
  write([](auto& w) { w.set_position(0, 2), w.put_entity(deployment("1", Instant{5}), {}); });
  write([](auto& w) { w.set_position(0, 3); });
  EXPECT_EQ(before->position(0).value(), 1u);
  EXPECT_THAT(lines_of(*before), IsEmpty());
  EXPECT_EQ(read()->position(0).value(), 3u);
}

TEST_P(DerivedContract, a_writer_that_does_not_commit_leaves_nothing) {
  write([](auto& w) { w.put_entity(deployment("1", Instant{5}), {"a"}); });
  const auto before = lines_of(*read());
  {
    auto writer = std::move(derived_->write().value());
    writer->put_entity(deployment("2", Instant{6}), {"b"});
    writer->put_outcome({{0, 1}, SourceName("new"), Interpretation::Outcome::kAccepted, "", 1, {}});
    writer->mark_service(ServiceName("never seen"), {}, {});
    writer->drop_links();
  }
  EXPECT_EQ(lines_of(*read()), before);
  write([](auto& w) { w.put_outcome({{0, 1}, SourceName("new"), Interpretation::Outcome::kIgnored, "r", 1, {}}); });
  EXPECT_EQ(read()->outcomes({}, 9).value().at(0).source, SourceName("new"));
  EXPECT_EQ(read()->outcome_counts().value().at("accepted"), 0);
}

TEST_P(DerivedContract, there_is_one_writer_at_a_time) {
  auto first = derived_->write();
  ASSERT_TRUE(first);
  EXPECT_EQ(derived_->write().error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE((*first)->commit());
  EXPECT_TRUE(derived_->write());
}

TEST_P(DerivedContract, outcomes_are_counted_once_and_listed_newest_first) {
  using Kind = Interpretation::Outcome;
  write([](auto& w) {
    for (std::uint64_t i = 1; i <= 5; ++i) {
      w.put_outcome({{0, i}, SourceName("events"), i % 2 ? Kind::kAccepted : Kind::kIgnored, "why", 2, {9}});
    }
  });
  write([](auto& w) { w.put_outcome({{0, 2}, SourceName("events"), Kind::kQuarantined, "", 0, {9}}); });
  const auto reader = read();
  EXPECT_EQ(reader->outcome_counts().value(),
            (std::map<std::string, std::int64_t>{{"accepted", 3}, {"ignored", 1}, {"quarantined", 1}}));
  const auto page = reader->outcomes({}, 2).value();
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0].position.sequence, 5u);
  const auto next = reader->outcomes(page[1].position, 9).value();
  ASSERT_EQ(next.size(), 3u);
  EXPECT_EQ(next[0].position.sequence, 3u);
  EXPECT_EQ(next[1].outcome, Kind::kQuarantined);
}

TEST_P(DerivedContract, outcomes_of_one_source_are_counted_and_paged_apart) {
  using Kind = Interpretation::Outcome;
  using Counts = std::map<std::string, std::int64_t>;
  EXPECT_TRUE(read()->outcome_counts_by_source().value().empty());
  const auto put = [this](std::uint64_t sequence, const char* source, Kind kind) {
    write([=](auto& w) { w.put_outcome({{0, sequence}, SourceName(source), kind, "why", 1, {9}}); });
  };
  for (std::uint64_t i = 1; i <= 9; ++i)
    put(i, i % 3 == 0 ? "github" : "events", i == 6 ? Kind::kIgnored : Kind::kAccepted);
  put(9, "events", Kind::kQuarantined);  // put again, for another source
  const auto reader = read();
  EXPECT_EQ(reader->outcome_counts_by_source().value(),
            (std::map<SourceName, Counts>{
                {SourceName("events"), {{"accepted", 6}, {"ignored", 0}, {"quarantined", 1}}},
                {SourceName("github"), {{"accepted", 1}, {"ignored", 1}, {"quarantined", 0}}},
            }));
  EXPECT_EQ(reader->outcome_counts().value(), (Counts{{"accepted", 7}, {"ignored", 1}, {"quarantined", 1}}));
  const auto sequences = [&](const char* source, std::optional<JournalPosition> before, std::size_t limit) {
    std::vector<std::uint64_t> found;
    const auto rows = reader->outcomes_of(SourceName(source), before, limit).value();
    for (const auto& row : rows) {
      EXPECT_EQ(row.source, SourceName(source));
      found.push_back(row.position.sequence);
    }
    return found;
  };
  using Sequences = std::vector<std::uint64_t>;
  EXPECT_EQ(sequences("events", {}, 3), (Sequences{9, 8, 7}));
  EXPECT_EQ(sequences("events", JournalPosition{0, 7}, 3), (Sequences{5, 4, 2}));
  EXPECT_EQ(sequences("github", {}, 9), (Sequences{6, 3}));
  EXPECT_EQ(sequences("github", JournalPosition{0, 3}, 9), (Sequences{}));
  EXPECT_EQ(sequences("nobody", {}, 9), (Sequences{}));
  EXPECT_EQ(sequences("events", {}, 0), (Sequences{}));
}

TEST_P(DerivedContract, a_source_whose_only_outcome_went_to_another_is_not_counted) {
  using Kind = Interpretation::Outcome;
  write([](auto& w) { w.put_outcome({{0, 1}, SourceName("a"), Kind::kAccepted, "", 1, {}}); });
  write([](auto& w) { w.put_outcome({{0, 1}, SourceName("b"), Kind::kAccepted, "", 1, {}}); });
  const auto counts = read()->outcome_counts_by_source().value();
  EXPECT_FALSE(counts.contains(SourceName("a")));
  EXPECT_EQ(counts.at(SourceName("b")).at("accepted"), 1);
}

TEST_P(DerivedContract, lists_are_paged_by_time_then_key_with_untimed_rows_last) {
  write([](auto& w) {
    for (const char* id : {"a", "b", "c"}) w.put_entity(deployment(id, Instant{5}), {});
    w.put_entity(deployment("d", Instant{-6}), {});
    w.put_entity(deployment("e", Instant{9}), {});
    for (const char* id : {"f", "g"}) w.put_entity(deployment(id, {}, "queued"), {});
  });
  const auto reader = read();
  for (const bool ascending : {true, false}) {
    EntityQuery query;
    query.ascending = ascending;
    const auto all = reader->entities(query).value();
    EXPECT_EQ(all.rows.size(), 7u);
    EXPECT_TRUE(all.next_cursor.empty());
    EXPECT_EQ(identity_of(all.rows.front().entity).id, ascending ? "d" : "e");
    EXPECT_FALSE(all.rows[5].place.at);
    EXPECT_FALSE(all.rows[6].place.at);
    for (std::size_t limit = 1; limit <= 8; ++limit) {
      query.limit = limit;
      query.cursor.clear();
      std::vector<std::string> found;
      do {
        const auto page = reader->entities(query).value();
        EXPECT_LE(page.rows.size(), limit);
        for (const auto& id : ids(page.rows)) found.push_back(id);
        query.cursor = page.next_cursor;
      } while (!query.cursor.empty());
      EXPECT_EQ(found, ids(all.rows)) << limit;
    }
  }
}

TEST_P(DerivedContract, a_page_of_exactly_the_limit_has_no_next_one) {
  write([](auto& w) {
    w.put_entity(deployment("a", Instant{1}), {});
    w.put_entity(deployment("b", Instant{2}), {});
  });
  EntityQuery query;
  query.limit = 2;
  EXPECT_TRUE(read()->entities(query).value().next_cursor.empty());
  query.limit = 1;
  EXPECT_FALSE(read()->entities(query).value().next_cursor.empty());
  query.limit = 0;
  EXPECT_EQ(read()->entities(query).error().code, ErrorCode::kInvalid);
}

TEST_P(DerivedContract, a_cursor_of_something_else_is_refused) {
  for (const char* cursor :
       {"x", "00", "zz", "0102030405060708", "ffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    EntityQuery entities;
    entities.cursor = cursor;
    EXPECT_EQ(read()->entities(entities).error().code, ErrorCode::kInvalid) << cursor;
    FactQuery facts;
    facts.cursor = cursor;
    EXPECT_EQ(read()->facts(facts).error().code, ErrorCode::kInvalid) << cursor;
  }
}

TEST_P(DerivedContract, a_text_search_ends_at_its_limit_and_goes_on_by_cursor) {
  write([](auto& w) {
    for (std::size_t i = 0; i <= kTextScanRowsMax; ++i) {
      w.put_entity(deployment(std::to_string(i), Instant{static_cast<std::int64_t>(i)}), {});
    }
  });
  EntityQuery query;
  query.ascending = true;
  query.text = "V" + std::to_string(kTextScanRowsMax);
  const auto first = read()->entities(query).value();
  EXPECT_THAT(first.rows, IsEmpty());
  ASSERT_FALSE(first.next_cursor.empty());
  query.cursor = first.next_cursor;
  const auto second = read()->entities(query).value();
  EXPECT_THAT(ids(second.rows), ElementsAre(std::to_string(kTextScanRowsMax)));
  EXPECT_TRUE(second.next_cursor.empty());
  query.cursor.clear();
  query.from = Instant{1};
  EXPECT_EQ(read()->entities(query).value().rows.size(), 1u);
}

TEST_P(DerivedContract, names_are_listed_while_an_entity_has_them) {
  write([](auto& w) { w.put_entity(deployment("a", Instant{1}), {}); });
  EXPECT_THAT(read()->services().value(), ElementsAre(ServiceName("api")));
  auto moved = deployment("a", Instant{1});
  moved.place.service = ServiceName("web");
  moved.place.environment = EnvironmentName();
  write([&](auto& w) { w.put_entity(moved, {}); });
  EXPECT_THAT(read()->services().value(), ElementsAre(ServiceName("web")));
  EXPECT_THAT(read()->environments().value(), IsEmpty());
}

TEST_P(DerivedContract, successes_are_ordered_by_finish_and_bounded_on_both_sides) {
  write([](auto& w) {
    for (int i = 1; i <= 4; ++i) w.put_entity(deployment(std::to_string(i), Instant{i * 10}), {});
    w.put_entity(deployment("failed", Instant{25}, "failed"), {});
  });
  const auto reader = read();
  const ServiceName api("api");
  const EnvironmentName production("production");
  EXPECT_THAT(ids(reader->successes(api, {}).value()), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(ids(reader->successes(api, Instant{20}).value()), ElementsAre("2", "3", "4"));
  EXPECT_THAT(ids(reader->successes_between(api, production, Instant{20}, Instant{30}).value()), ElementsAre("3", "2"));
  EXPECT_EQ(reader->success_before(api, production, Instant{20}, key("2")).value()->key, key("1"));
  EXPECT_FALSE(reader->success_before(api, production, Instant{10}, key("1")).value());
  EXPECT_FALSE(reader->success_before(api, EnvironmentName("staging"), Instant{99}, key("1")).value());
  auto failed = deployment("4", Instant{40}, "failed");
  write([&](auto& w) { w.put_entity(failed, {}); });
  EXPECT_THAT(ids(read()->successes(api, {}).value()), ElementsAre("1", "2", "3"));
}

TEST_P(DerivedContract, edges_are_kept_once_and_read_on_from_a_row) {
  const RepositoryName r("r");
  const Edge first{r, CommitSha("b"), CommitSha("a"), EdgeKind::kParent};
  const Edge second{r, CommitSha("c"), CommitSha("b"), EdgeKind::kPush};
  write([&](auto& w) {
    const std::vector<Edge> edges{first, first, second};
    EXPECT_THAT(w.add_edges(edges), ElementsAre(true, false, true));
  });
  const auto rows = read()->edges(r, 0, 9).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(read()->edges(r, 0, 1).value().size(), 1u);
  EXPECT_EQ(read()->edges(r, rows[0].row, 9).value().at(0).sha, CommitSha("c"));
  EXPECT_TRUE(read()->has_ancestors(r, CommitSha("c")).value());
  EXPECT_FALSE(read()->has_ancestors(r, CommitSha("a")).value());
  EXPECT_FALSE(read()->has_ancestors(RepositoryName("other"), CommitSha("c")).value());
  write([&](auto& w) { EXPECT_THAT(w.add_edges(std::vector{second}), ElementsAre(false)); });
}

TEST_P(DerivedContract, a_mark_that_came_meanwhile_is_not_cleared) {
  const ServiceName api("api");
  write([&](auto& w) { w.mark_service(api, Instant{20}, std::vector{key("1")}); });
  const auto seen = read()->dirty_services(9).value().at(0);
  write([&](auto& w) { w.mark_service(api, Instant{10}, std::vector{key("2"), key("1")}); });
  write([&](auto& w) { w.clear_service_mark(api, seen.version); });
  const auto merged = read()->dirty_services(9).value();
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(merged[0].since, Instant{10});
  EXPECT_EQ(merged[0].givers.size(), 2u);
  EXPECT_NE(merged[0].version, seen.version);
  write([&](auto& w) { w.mark_service(api, {}, {}); });
  const auto again = read()->dirty_services(9).value().at(0);
  EXPECT_EQ(again.since, Instant{10});
  write([&](auto& w) { w.clear_service_mark(api, again.version); });
  EXPECT_THAT(read()->dirty_services(9).value(), IsEmpty());
  // A version never comes back, so an old one cannot clear a new mark.
  write([&](auto& w) { w.mark_service(api, {}, {}); });
  EXPECT_GT(read()->dirty_services(9).value().at(0).version, again.version);
}

TEST_P(DerivedContract, a_summary_reads_back_by_parts_and_goes_when_empty) {
  const SummaryPlace place{MetricName("m"), ServiceName("s"), EnvironmentName("e"), false};
  DaySummary summary;
  summary.count = 3;
  summary.values = {-4, 0, 0, 7'000'000'000};
  summary.excluded["why"] = 2;
  write([&](auto& w) {
    for (const int day : {-1, 0, 31, 32, 400}) w.put_summary(place, Day{day}, summary);
  });
  const auto reader = read();
  const auto days = reader->summaries(place, Day{-1}, Day{32}, true).value();
  EXPECT_EQ(days.size(), 4u);
  EXPECT_EQ(days.at(Day{31}), summary);
  const auto counts = reader->summaries(place, Day{0}, Day{31}, false).value();
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_THAT(counts.at(Day{0}).values, IsEmpty());
  EXPECT_EQ(counts.at(Day{0}).excluded, summary.excluded);
  const auto bins = reader->value_bins(place, Day{0}, Day{31}).value();
  ASSERT_EQ(bins.size(), 2u);
  EXPECT_EQ(bins[0], (BinCount{0, 6}));
  EXPECT_EQ(bins[1], (BinCount{bin_of(7'000'000'000), 2}));
  EXPECT_THAT(reader->summary_places(MetricName("m")).value(), ElementsAre(place));
  write([&](auto& w) {
    for (const int day : {-1, 0, 31, 32, 400}) w.put_summary(place, Day{day}, {});
  });
  EXPECT_THAT(lines_of(*read()), IsEmpty());
  EXPECT_THAT(read()->summary_places(MetricName("m")).value(), IsEmpty());
}

TEST_P(DerivedContract, facts_of_a_roll_up_are_the_first_in_production) {
  Fact fact;
  fact.owner = key("1");
  fact.metric = MetricName("m");
  fact.service = ServiceName("api");
  fact.environment = EnvironmentName("production");
  fact.production = true;
  fact.at = {50};
  fact.subject = key("s");
  fact.value = 1;
  Fact second = fact;
  second.environment = EnvironmentName("eu");
  second.first_in_production = false;
  Fact staging = fact;
  staging.environment = EnvironmentName("staging");
  staging.production = false;
  write([&](auto& w) { w.replace_facts(key("1"), std::vector{fact, second, staging}); });
  const auto day = [&](const char* service, const char* environment) {
    const PlaceDay wanted{{MetricName("m"), ServiceName(service), EnvironmentName(environment), false}, {{0}, {100}}};
    return read()->facts_of_days({&wanted, 1}).value().front();
  };
  EXPECT_THAT(day("", ""), ElementsAre(fact));
  EXPECT_THAT(day("api", ""), ElementsAre(fact));
  EXPECT_THAT(day("web", ""), IsEmpty());
  EXPECT_THAT(day("api", "eu"), ElementsAre(second));
  EXPECT_THAT(day("api", "staging"), ElementsAre(staging));
}

TEST_P(DerivedContract, dropping_links_keeps_entities_and_edges) {
  write([](auto& w) {
    w.put_entity(deployment("1", Instant{5}), {"t"});
    w.add_edges(std::vector{Edge{RepositoryName("r"), CommitSha("b"), CommitSha("a"), EdgeKind::kParent}});
  });
  const auto kept = lines_of(*read());
  RandomRows random(1);
  write([&](auto& w) {
    w.mark_service(ServiceName("s"), {}, {});
    w.mark_day({random.place(), Day{1}});
    w.replace_stream(key("1"), std::vector{random.stream(key("1"))}, std::vector{random.shipped(key("1"))},
                     std::vector{random.missing(key("1"))});
    w.replace_evidence(key("1"), std::vector{random.evidence(key("1"))});
    w.replace_facts(key("1"), std::vector{random.fact(key("1"))});
    w.replace_known_since(ServiceName("s"), std::vector{random.known_since(ServiceName("s"))});
    DaySummary summary;
    summary.values = {1};
    w.put_summary(random.place(), Day{1}, summary);
  });
  EXPECT_EQ(lines_of(*read()).size(), kept.size() + 9);
  write([](auto& w) { w.drop_links(); });
  EXPECT_EQ(lines_of(*read()), kept);
}

class DurableDerivedContract : public DerivedContract {};

TEST_P(DurableDerivedContract, opening_again_finds_everything) {
  write([](auto& w) {
    w.set_setting("policy", "abc");
    w.set_position(0, 9);
    w.put_entity(deployment("1", Instant{5}), {"t"});
    w.mark_service(ServiceName("s"), {}, {});
  });
  const auto before = lines_of(*read());
  const auto version = read()->dirty_services(1).value().at(0).version;
  reopen();
  EXPECT_EQ(lines_of(*read()), before);
  EXPECT_EQ(read()->setting("policy").value(), "abc");
  EXPECT_EQ(read()->position(0).value(), 9u);
  write([](auto& w) { w.mark_service(ServiceName("s"), {}, {}); });
  EXPECT_GT(read()->dirty_services(1).value().at(0).version, version);
}

constexpr auto kNameOf = [](const auto& suite) { return suite.param.name; };

INSTANTIATE_TEST_SUITE_P(Stores, DerivedContract, testing::Values(kMemoryDerived, kSqliteDerived, kPostgresDerived),
                         kNameOf);
INSTANTIATE_TEST_SUITE_P(Stores, DurableDerivedContract, testing::Values(kSqliteDerived, kPostgresDerived), kNameOf);

}  // namespace
}  // namespace fairlead::store
