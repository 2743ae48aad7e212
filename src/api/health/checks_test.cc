#include "api/health/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

using State = Finding::State;
using testing::HasSubstr;

const Instant kNow{1'800'000'000'000};
constexpr std::uint64_t kGiB = 1024ull * 1024 * 1024;

/// A finding that is no `ok` says what to do, and an `ok` leaves one in peace.
State state_of(const Finding& finding) {
  EXPECT_FALSE(finding.seen.empty());
  EXPECT_EQ(finding.action.empty(), finding.state == State::kOk) << finding.seen;
  return finding.state;
}

TEST(Checks, the_queue_is_judged_by_how_full_it_is) {
  const auto state = [](std::uint64_t rows) {
    engine::EngineStats stats;
    stats.queue_rows = rows;
    return state_of(check_queue(stats, 1'000));
  };
  EXPECT_EQ(state(0), State::kOk);
  EXPECT_EQ(state(499), State::kOk);
  EXPECT_EQ(state(500), State::kWarning);
  EXPECT_EQ(state(949), State::kWarning);
  EXPECT_EQ(state(950), State::kFailing);
}

TEST(Checks, the_lag_is_judged_by_how_long_a_delivery_waits) {
  const auto state = [](Duration age) { return state_of(check_lag({5, kNow - age}, kNow)); };
  EXPECT_EQ(state_of(check_lag({}, kNow)), State::kOk);
  EXPECT_EQ(state(Duration::seconds(29)), State::kOk);
  EXPECT_EQ(state(Duration::seconds(30)), State::kWarning);
  EXPECT_EQ(state(Duration::seconds(599)), State::kWarning);
  EXPECT_EQ(state(Duration::seconds(600)), State::kFailing);
  EXPECT_EQ(state(Duration::seconds(-100)), State::kOk);
}

TEST(Checks, a_derivation_that_fails_now_is_told_with_its_reason) {
  engine::EngineStats stats;
  stats.derive_failures = 3;
  EXPECT_EQ(state_of(check_derivation(stats)), State::kOk);
  stats.derive_error = "no space left";
  EXPECT_EQ(state_of(check_derivation(stats)), State::kFailing);
  EXPECT_THAT(check_derivation(stats).seen, HasSubstr("no space left"));
  stats.superseded = true;
  EXPECT_EQ(state_of(check_derivation(stats)), State::kWarning);
  EXPECT_THAT(check_derivation(stats).action, HasSubstr("same configuration"));
}

TEST(Checks, the_disk_is_judged_by_bytes_share_files_and_mode) {
  const auto state = [](DiskSpace space) { return state_of(check_disk(space, "/data")); };
  EXPECT_EQ(state({5 * kGiB, 100 * kGiB, 5'000, 10'000, false}), State::kOk);
  EXPECT_EQ(state({5 * kGiB - 1, 100 * kGiB, 5'000, 10'000, false}), State::kWarning);
  EXPECT_EQ(state({kGiB, 2 * kGiB, 5'000, 10'000, false}), State::kOk);
  EXPECT_EQ(state({kGiB - 1, 2 * kGiB, 5'000, 10'000, false}), State::kWarning);
  EXPECT_EQ(state({kGiB / 8, 2 * kGiB, 5'000, 10'000, false}), State::kWarning);
  EXPECT_EQ(state({kGiB / 8 - 1, 2 * kGiB, 5'000, 10'000, false}), State::kFailing);
  EXPECT_EQ(state({50 * kGiB, 100 * kGiB, 999, 10'000, false}), State::kWarning);
  EXPECT_EQ(state({50 * kGiB, 100 * kGiB, 0, 0, false}), State::kOk) << "a file system without a number of files";
  EXPECT_EQ(state({50 * kGiB, 100 * kGiB, 5'000, 10'000, true}), State::kFailing);
  EXPECT_EQ(state_of(check_disk(fail(ErrorCode::kIo, "gone"), "/data")), State::kFailing);
}

TEST(Checks, descriptors_and_memory_are_judged_by_their_limits) {
  EXPECT_EQ(state_of(check_descriptors({10, 1'024})), State::kOk);
  EXPECT_EQ(state_of(check_descriptors({10, 1'023})), State::kWarning);
  EXPECT_EQ(state_of(check_descriptors({8'000, 10'000})), State::kWarning);
  EXPECT_EQ(state_of(check_descriptors({9'500, 10'000})), State::kFailing);
  EXPECT_EQ(state_of(check_memory({79, 100})), State::kOk);
  EXPECT_EQ(state_of(check_memory({80, 100})), State::kWarning);
  EXPECT_EQ(state_of(check_memory({95, 100})), State::kFailing);
}

TEST(Checks, the_clock_is_compared_with_itself_and_with_what_was_received) {
  EXPECT_EQ(state_of(check_clock(kNow, {}, {})), State::kOk);
  EXPECT_EQ(state_of(check_clock(kNow, {}, kNow + Duration::seconds(59))), State::kOk);
  EXPECT_EQ(state_of(check_clock(kNow, {}, kNow + Duration::seconds(60))), State::kWarning);
  EXPECT_THAT(check_clock(kNow, Duration::seconds(-90), {}).seen, HasSubstr("back by 1 min"));
  EXPECT_THAT(check_clock(kNow, Duration::hours(50), {}).seen, HasSubstr("forward by 2 d"));
  EXPECT_EQ(state_of(check_clock(kNow, Duration::hours(50), {})), State::kWarning);
}

TEST(Checks, a_source_is_judged_by_what_came_and_what_was_refused) {
  SourceFacts well{"github", 1, 0, {{"accepted", 95}, {"ignored", 0}, {"quarantined", 5}}, kNow, 0};
  EXPECT_EQ(state_of(check_source(well, kNow)), State::kOk);
  EXPECT_EQ(check_source(well, kNow).check, "sources.github");
  EXPECT_THAT(check_source(well, kNow).seen, HasSubstr("100 deliveries, 5 of them quarantined (5.0 %)"));
  const auto state = [&](auto change) {
    SourceFacts facts = well;
    change(facts);
    return state_of(check_source(facts, kNow));
  };
  EXPECT_EQ(state([](SourceFacts& facts) { facts.outcomes["quarantined"] = 6; }), State::kWarning);
  EXPECT_EQ(state([](SourceFacts& facts) { facts.hooks_without_secret = 1; }), State::kWarning);
  EXPECT_EQ(state([](SourceFacts& facts) { facts.last_delivered_at.reset(); }), State::kWarning);
  EXPECT_EQ(state([](SourceFacts& facts) { facts.signature_failures = 1; }), State::kWarning);
  EXPECT_EQ(state([](SourceFacts& facts) { facts.last_delivered_at = kNow - Duration::days(14); }), State::kWarning);
  EXPECT_EQ(state([](SourceFacts& facts) { facts.last_delivered_at = kNow + Duration::days(14); }), State::kOk);
  EXPECT_EQ(state([](SourceFacts& facts) {
              facts.hooks = 0;  // events and imports come when somebody sends them
              facts.last_delivered_at = kNow - Duration::days(400);
            }),
            State::kOk);
}

TEST(Checks, a_spool_is_judged_by_the_store_behind_it_and_by_what_waits) {
  store::SpoolStats well;
  well.bytes_max = 1'000;
  EXPECT_EQ(state_of(check_spool(well, kNow)), State::kOk);
  const auto state = [&](auto change) {
    store::SpoolStats spool = well;
    change(spool);
    return state_of(check_spool(spool, kNow));
  };
  EXPECT_EQ(state([](store::SpoolStats& spool) { spool.oldest = kNow - Duration::seconds(29); }), State::kOk);
  EXPECT_EQ(state([](store::SpoolStats& spool) { spool.oldest = kNow - Duration::seconds(30); }), State::kWarning);
  EXPECT_EQ(state([](store::SpoolStats& spool) { spool.store_away = true; }), State::kWarning);
  EXPECT_EQ(state([](store::SpoolStats& spool) { spool.store_away = true, spool.bytes = 950; }), State::kFailing);
  EXPECT_EQ(state([](store::SpoolStats& spool) { spool.error = "why"; }), State::kWarning);
  EXPECT_EQ(state([](store::SpoolStats& spool) { spool.set_aside = 1; }), State::kWarning);
  EXPECT_EQ(state([](store::SpoolStats& spool) { spool.kept_bytes = 1; }), State::kWarning);
  EXPECT_EQ(state([](store::SpoolStats& spool) { spool.refusing = true; }), State::kFailing);
  store::SpoolStats away = well;
  away.store_away = true;
  away.store_error = "connection refused";
  EXPECT_THAT(check_spool(away, kNow).seen, HasSubstr("connection refused"));
}

TEST(Checks, replicas_are_judged_by_whether_all_work_is_taken_and_by_the_clock_that_sees_them) {
  const auto replica = [](const char* name, std::uint32_t first, std::uint32_t end, bool ours) {
    store::Replica made{name, name, "1.0.0", kNow, kNow, {}, ours};
    for (std::uint32_t part = first; part < end; ++part) made.parts.push_back(part);
    return made;
  };
  std::vector<store::Replica> two{replica("a", 0, 8, true), replica("b", 8, 16, false)};
  EXPECT_EQ(state_of(check_fleet(two, true, kNow)), State::kOk);
  EXPECT_THAT(check_fleet(two, true, kNow).seen, HasSubstr("16 of 16 parts"));
  EXPECT_THAT(check_fleet(two, true, kNow).seen, HasSubstr("a (version 1.0.0, 8 parts, this one)"));
  EXPECT_EQ(state_of(check_fleet(two, true, kNow + Duration::millis(9'999))), State::kOk);
  EXPECT_THAT(check_fleet(two, true, kNow + Duration::seconds(10)).seen, HasSubstr("10 s before the database's"));
  EXPECT_THAT(check_fleet(two, true, kNow - Duration::seconds(10)).seen, HasSubstr("10 s behind the database's"));
  EXPECT_EQ(state_of(check_fleet(two, true, kNow - Duration::seconds(10))), State::kWarning);
  two[0].ours = false;
  EXPECT_EQ(state_of(check_fleet(two, true, kNow)), State::kWarning);
  EXPECT_EQ(state_of(check_fleet(two, false, kNow)), State::kOk);
  two[1].parts.pop_back();
  EXPECT_EQ(state_of(check_fleet(two, false, kNow)), State::kWarning);
  EXPECT_EQ(state_of(check_fleet({}, false, kNow)), State::kWarning);
}

TEST(Checks, figures_are_written_for_people) {
  EXPECT_EQ(counted(0, "hook"), "0 hooks");
  EXPECT_EQ(counted(1, "hook"), "1 hook");
  EXPECT_EQ(counted(1, "delivery", "deliveries"), "1 delivery");
  EXPECT_EQ(counted(2, "delivery", "deliveries"), "2 deliveries");
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1023), "1023 bytes");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(5 * kGiB), "5.0 GiB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "16777216.0 TiB");
  EXPECT_EQ(duration_text(Duration::millis(59'999)), "59 s");
  EXPECT_EQ(duration_text(Duration::seconds(60)), "1 min");
  EXPECT_EQ(duration_text(Duration::hours(23)), "23 h");
  EXPECT_EQ(duration_text(Duration::days(400)), "400 d");
}

TEST(Findings, the_worst_comes_first_and_decides) {
  const boost::json::object all = health_json({Finding::ok("a", "x"), Finding::warning("b", "y", "do"),
                                               Finding::failing("c", "z", "do"), Finding::ok("d", "x")},
                                              "T", "V");
  EXPECT_EQ(all.at("status"), "failing");
  std::string order;
  for (const auto& item : all.at("findings").as_array()) order += item.at("check").as_string();
  EXPECT_EQ(order, "cbad");
  EXPECT_TRUE(all.at("findings").at(2).at("action").is_null());
  EXPECT_EQ(health_json({}, "T", "V").at("status"), "ok");
}

}  // namespace
}  // namespace fairlead::api
