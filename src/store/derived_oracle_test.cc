// The same random transactions on a store and on the memory store, its oracle: every read must answer the
// same, and equal states must dump equal lines.

#include <gtest/gtest.h>

#include "store/testing/derived_stores.h"

namespace fairlead::store {
namespace {

void change_links(DerivedWriter& a, DerivedWriter& b, RandomRows& random, const EntityKey& owner) {
  const auto streams = random.many<StreamDeployment>(3, [&] { return random.stream(owner); });
  const auto shipped = random.many<Shipped>(4, [&] { return random.shipped(owner); });
  const auto missing = random.many<Missing>(4, [&] { return random.missing(owner); });
  a.replace_stream(owner, streams, shipped, missing);
  b.replace_stream(owner, streams, shipped, missing);
}

/// One random change, made on both writers.
std::vector<DerivedWriter::ServiceMark> random_marks(RandomRows& random) {
  std::map<ServiceName, DerivedWriter::ServiceMark> marks;
  for (auto left = random.below(3) + 1; left > 0; --left) {
    const auto service = random.service();
    marks[service] = {service, random.maybe_time(), random.keys()};
  }
  std::vector<DerivedWriter::ServiceMark> list;
  for (auto& [service, mark] : marks) list.push_back(std::move(mark));
  return list;
}

std::vector<DerivedWriter::SummaryWrite> random_summaries(RandomRows& random) {
  std::map<std::pair<SummaryPlace, Day>, DaySummary> summaries;
  for (auto left = random.below(5) + 1; left > 0; --left) summaries[{random.place(), random.day()}] = random.summary();
  std::vector<DerivedWriter::SummaryWrite> list;
  for (auto& [at, summary] : summaries) list.push_back({at.first, at.second, std::move(summary)});
  return list;
}

void change(DerivedWriter& a, DerivedWriter& b, RandomRows& random) {
  const auto both = [&](const auto& act) { act(a), act(b); };
  const auto owner = random.key();
  const auto service = random.service();
  switch (random.below(16)) {
    case 0:
      return both([n = random.below(1000)](auto& w) { w.set_position(0, n); });
    case 1:
      return both([text = random.word()](auto& w) { w.set_setting("policy", text); });
    case 2:
      return both([row = random.outcome()](auto& w) { w.put_outcome(row); });
    case 3:
    case 4:
    case 5:
    case 6:
      return both([row = random.entity(), terms = random.mentions()](auto& w) { w.put_entity(row, terms); });
    case 7: {
      const auto edges = random.many<Edge>(4, [&] { return random.edge(); });
      EXPECT_EQ(a.add_edges(edges), b.add_edges(edges));
      return;
    }
    case 8:
      return both([marks = random_marks(random)](auto& w) { w.mark_services(marks); });
    case 9:
      return both([mark = DirtyDay{random.place(), random.day()}, set = random.flag()](auto& w) {
        set ? w.mark_day(mark) : w.clear_day_mark(mark);
      });
    case 10:
      return change_links(a, b, random, owner);
    case 11:
      return both([&, rows = random.many<Evidence>(4, [&] { return random.evidence(owner); })](auto& w) {
        w.replace_evidence(owner, rows);
      });
    case 12:
      return both([&, rows = random.many<Fact>(6, [&] { return random.fact(owner); })](auto& w) {
        w.replace_facts(owner, rows);
      });
    case 13:
      return both([&, rows = random.many<KnownSince>(3, [&] { return random.known_since(service); })](auto& w) {
        w.replace_known_since(service, rows);
      });
    case 14:
      return both([summaries = random_summaries(random)](auto& w) { w.put_summaries(summaries); });
    default: {
      if (random.chance(10)) both([](auto& w) { w.drop_links(); });
      const auto marks = a.dirty_services(1).value();
      for (const auto& mark : marks) both([&](auto& w) { w.clear_service_mark(mark.service, mark.version); });
    }
  }
}

template <class T>
void expect_same(const Result<T>& a, const Result<T>& b) {
  ASSERT_TRUE(a) << a.error().message;
  ASSERT_TRUE(b) << b.error().message;
  EXPECT_TRUE(*a == *b);
}

bool same(const EntityRow& a, const EntityRow& b) {
  return a.key == b.key && encode(a.entity) == encode(b.entity) && a.place == b.place;
}

template <class Rows>
void expect_same_rows(const Rows& a, const Rows& b) {
  ASSERT_TRUE(a) << a.error().message;
  ASSERT_TRUE(b) << b.error().message;
  ASSERT_EQ(a->size(), b->size());
  for (std::size_t i = 0; i < a->size(); ++i) EXPECT_TRUE(same((*a)[i], (*b)[i])) << i;
}

void expect_same_row(const Result<std::optional<EntityRow>>& a, const Result<std::optional<EntityRow>>& b) {
  ASSERT_TRUE(a) << a.error().message;
  ASSERT_TRUE(b) << b.error().message;
  ASSERT_EQ(a->has_value(), b->has_value());
  if (*a) {
    EXPECT_TRUE(same(**a, **b));
  }
}

EntityQuery random_query(RandomRows& random) {
  EntityQuery query;
  if (random.chance(30)) query.kind = random.flag() ? EntityKind::kCommit : EntityKind::kIncident;
  query.services = random.many<ServiceName>(3, [&] { return random.service(); });
  if (random.chance(10)) query.services.assign(20, random.service());
  if (random.chance(30)) query.environments = {random.environment(), random.environment()};
  if (random.chance(20)) query.repository = random.repository();
  if (random.chance(20)) query.statuses = {random.word(), random.word()};
  if (random.chance(30)) query.from = random.time();
  if (random.chance(30)) query.to = random.time();
  if (random.chance(20)) query.simulated = random.flag();
  if (random.chance(30)) query.text = "O";
  query.ascending = random.flag();
  query.limit = random.below(5) + 1;
  return query;
}

void compare_pages(DerivedReader& a, DerivedReader& b, RandomRows& random) {
  EntityQuery query = random_query(random);
  for (int page = 0; page < 20; ++page) {
    const auto pa = a.entities(query), pb = b.entities(query);
    ASSERT_TRUE(pa && pb);
    ASSERT_EQ(pa->rows.size(), pb->rows.size());
    for (std::size_t i = 0; i < pa->rows.size(); ++i) EXPECT_TRUE(same(pa->rows[i], pb->rows[i]));
    ASSERT_EQ(pa->next_cursor, pb->next_cursor);
    query.cursor = pa->next_cursor;
    if (query.cursor.empty()) break;
  }
}

void compare_fact_pages(DerivedReader& a, DerivedReader& b, RandomRows& random) {
  FactQuery query;
  query.metrics = random.many<MetricName>(3, [&] { return random.metric(); });
  query.services = random.many<ServiceName>(3, [&] { return random.service(); });
  query.environments = random.many<EnvironmentName>(3, [&] { return random.environment(); });
  query.simulated = random.flag();
  query.range = random.range();
  if (random.flag()) query.excluded = random.flag();
  query.limit = random.chance(20) ? SIZE_MAX : random.below(4) + 1;
  query.ascending = random.flag();
  for (int page = 0; page < 50; ++page) {
    const auto pa = a.facts(query), pb = b.facts(query);
    ASSERT_TRUE(pa && pb);
    EXPECT_TRUE(pa->rows == pb->rows);
    ASSERT_EQ(pa->next_cursor, pb->next_cursor);
    query.cursor = pa->next_cursor;
    if (query.cursor.empty()) break;
  }
}

void compare_links(DerivedReader& a, DerivedReader& b, RandomRows& random) {
  const auto service = random.service();
  const auto repository = random.repository();
  const auto sha = random.sha();
  const auto key = random.key();
  const auto from = random.maybe_time();
  expect_same(a.stream(service), b.stream(service));
  expect_same(a.stream_since(service, from), b.stream_since(service, from));
  expect_same(a.streams_of(key), b.streams_of(key));
  const std::vector<EntityKey> keys{key, random.key(), key};
  expect_same(a.streams_of_each(keys), b.streams_of_each(keys));
  expect_same(a.baselines(repository), b.baselines(repository));
  expect_same(a.shipped_by(key), b.shipped_by(key));
  expect_same(a.shippers(repository, sha), b.shippers(repository, sha));
  expect_same(a.missing_for(repository, sha), b.missing_for(repository, sha));
  expect_same(a.missing_of(key), b.missing_of(key));
  expect_same(a.evidence_on(key), b.evidence_on(key));
  expect_same(a.evidence_by(key), b.evidence_by(key));
  const std::vector<CommitRef> commits{{repository, sha}, {repository, random.sha()}, {repository, sha}};
  expect_same(a.have_ancestors(commits), b.have_ancestors(commits));
  expect_same(a.shippers_each(commits), b.shippers_each(commits));
  expect_same(a.missing_each(commits), b.missing_each(commits));
  expect_same(a.has_ancestors(repository, sha), b.has_ancestors(repository, sha));
  const auto ea = a.edges(repository, 0, SIZE_MAX).value(), eb = b.edges(repository, 0, SIZE_MAX).value();
  ASSERT_EQ(ea.size(), eb.size());
  for (std::size_t i = 0; i < ea.size(); ++i) {
    EXPECT_TRUE(ea[i].sha == eb[i].sha && ea[i].ancestor == eb[i].ancestor && ea[i].kind == eb[i].kind);
  }
}

void compare_reads(DerivedReader& a, DerivedReader& b, RandomRows& random) {
  const auto service = random.service();
  const auto environment = random.environment();
  const auto time = random.time();
  expect_same(a.position(0), b.position(0));
  expect_same(a.setting("policy"), b.setting("policy"));
  const JournalPosition before{0, random.below(20)};
  expect_same(a.outcomes(before, 5), b.outcomes(before, 5));
  expect_same(a.outcomes({}, 50), b.outcomes({}, 50));
  expect_same(a.outcome_counts(), b.outcome_counts());
  expect_same(a.outcome_counts_by_source(), b.outcome_counts_by_source());
  expect_same(a.outcomes_of(SourceName("github"), before, 5), b.outcomes_of(SourceName("github"), before, 5));
  expect_same(a.outcomes_of(SourceName("events"), {}, 50), b.outcomes_of(SourceName("events"), {}, 50));
  const auto row = random.entity();
  expect_same_row(a.entity(row.key), b.entity(row.key));
  compare_pages(a, b, random);
  const auto term = random.mention();
  const auto kind = kind_of(row.entity);
  expect_same_rows(a.mentioning(term, kind), b.mentioning(term, kind));
  const std::vector<Mention> terms{term, random.mention(), term};
  const auto of_a = a.mentioning_each(terms, kind).value(), of_b = b.mentioning_each(terms, kind).value();
  const std::vector<EntityKey> keys{row.key, random.key(), row.key};
  const auto rows_a = a.entities_of(keys).value(), rows_b = b.entities_of(keys).value();
  for (std::size_t i = 0; i < terms.size(); ++i) {
    expect_same_rows(Result<std::vector<EntityRow>>(of_a.at(i)), Result<std::vector<EntityRow>>(of_b.at(i)));
    expect_same_row(Result<std::optional<EntityRow>>(rows_a.at(i)), Result<std::optional<EntityRow>>(rows_b.at(i)));
  }
  expect_same(a.services(), b.services());
  expect_same(a.environments(), b.environments());
  const auto from = random.maybe_time();
  expect_same_rows(a.successes(service, from), b.successes(service, from));
  expect_same_row(a.success_before(service, environment, time, row.key),
                  b.success_before(service, environment, time, row.key));
  const auto range = random.range();
  expect_same_rows(a.successes_between(service, environment, range.from, range.to),
                   b.successes_between(service, environment, range.from, range.to));
  expect_same(a.dirty_services(3), b.dirty_services(3));
  expect_same(a.dirty_days(3), b.dirty_days(3));
  compare_links(a, b, random);
  const auto key = random.key();
  expect_same(a.facts_of(key), b.facts_of(key));
  compare_fact_pages(a, b, random);
  auto place = random.place();
  if (random.flag()) place.environment = {};
  const std::vector<PlaceDay> days{{place, range}, {random.place(), range}, {{place.metric, {}, {}, false}, range}};
  expect_same(a.facts_of_days(days), b.facts_of_days(days));
  const Day first = random.day(), last = random.day();
  for (const bool with_values : {false, true}) {
    expect_same(a.summaries(place, first, last, with_values), b.summaries(place, first, last, with_values));
  }
  expect_same(a.value_bins(place, first, last), b.value_bins(place, first, last));
  expect_same(a.summary_places(place.metric), b.summary_places(place.metric));
  expect_same(a.known_since({}), b.known_since({}));
  expect_same(a.known_since(service), b.known_since(service));
}

void expect_same_dump(DerivedReader& a, DerivedReader& b) {
  std::vector<std::string> la, lb;
  ASSERT_TRUE(a.dump([&](std::string_view line) { la.emplace_back(line); }));
  ASSERT_TRUE(b.dump([&](std::string_view line) { lb.emplace_back(line); }));
  ASSERT_EQ(la, lb);
}

class DerivedOracle : public testing::TestWithParam<DerivedStore> {};

TEST_P(DerivedOracle, random_transactions_read_and_dump_alike) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(40 / GetParam().slowness); seed < end; ++seed) {
    SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
    RandomRows random(seed);
    const auto open = GetParam().new_place();
    const auto oracle = make_memory_derived();
    auto tested = std::move(open().value());
    for (int transaction = 0; transaction < 25; ++transaction) {
      auto a = std::move(oracle->write().value());
      auto b = std::move(tested->write().value());
      for (auto left = random.below(15); left > 0; --left) {
        // What a writer expects and remembers must not show.
        if (random.chance(20)) b->expect(random.keys());
        if (random.chance(8)) compare_reads(*a, *b, random);
        change(*a, *b, random);
      }
      if (random.chance(30)) compare_reads(*a, *b, random);
      if (random.chance(80)) {
        ASSERT_TRUE(a->commit());
        const auto committed = b->commit();
        ASSERT_TRUE(committed) << committed.error().message;
      }
      a.reset();
      b.reset();
      if (random.chance(10)) {
        tested.reset();
        tested = std::move(open().value());
      }
      const auto ra = std::move(oracle->read().value());
      const auto rb = std::move(tested->read().value());
      for (int i = 0; i < 4; ++i) compare_reads(*ra, *rb, random);
      expect_same_dump(*ra, *rb);
      if (testing::Test::HasFailure()) return;
    }
  }
}

/// What is stored may not depend on the order in which it came (invariant I3): the same final rows, written in another
/// order and with detours, dump the same lines.
TEST_P(DerivedOracle, another_order_dumps_the_same_lines) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(10 / GetParam().slowness); seed < end; ++seed) {
    SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
    RandomRows random(seed);
    std::map<EntityKey, std::pair<EntityRow, std::vector<Mention>>> entities;
    std::map<EntityKey, std::vector<Fact>> facts;
    for (int i = 0; i < 30; ++i) {
      const auto row = random.entity();
      entities[row.key] = {row, random.mentions()};
      const auto owner = random.key();
      facts[owner] = random.many<Fact>(5, [&] { return random.fact(owner); });
    }
    const auto a = std::move(GetParam().new_place()().value());
    const auto b = std::move(GetParam().new_place()().value());
    const auto wa = std::move(a->write().value()), wb = std::move(b->write().value());
    for (const auto& [key, entity] : entities) wa->put_entity(entity.first, entity.second);
    for (const auto& [owner, rows] : facts) wa->replace_facts(owner, rows);
    for (auto at = facts.rbegin(); at != facts.rend(); ++at) {
      wb->replace_facts(at->first, std::vector{random.fact(at->first)});
      wb->replace_facts(at->first, std::vector<Fact>(at->second.rbegin(), at->second.rend()));
    }
    for (auto at = entities.rbegin(); at != entities.rend(); ++at) {
      auto other = at->second.first;
      other.place = random.entity().place;
      wb->put_entity(other, random.mentions());
      wb->put_entity(at->second.first, at->second.second);
    }
    expect_same_dump(*wa, *wb);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, DerivedOracle, testing::Values(kSqliteDerived, kPostgresDerived),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace fairlead::store
