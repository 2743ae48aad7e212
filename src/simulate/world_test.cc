#include "simulate/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "simulate/character.h"
#include "simulate/testing/told.h"
#include "sources/events.h"

namespace fairlead::simulate {
namespace {

using ::testing::AllOf;
using testing::Event;
using testing::events_of;
using ::testing::Ge;
using testing::latest;
using ::testing::Le;
using testing::text_of;
using testing::time_of;
using testing::Told;

constexpr std::uint64_t kSeed = World::kDemoSeed;
constexpr Instant kFounded{1'767'571'200'000};
constexpr Duration kMinute = Duration::seconds(60);

/// The past and two days of a world's life, listened to every minute: nothing that is said for a while only is missed,
/// except in the past.
const std::vector<Beat>& attentive() {
  static const std::vector<Beat> beats = [] {
    World world(kSeed, kFounded);
    std::vector<Beat> all;
    for (Instant now = kFounded; now <= kFounded + Duration::days(2); now = now + kMinute) {
      std::ranges::move(world.listen(now), std::back_inserter(all));
    }
    return all;
  }();
  return beats;
}

const std::vector<Told>& told() {
  static const std::vector<Told> all = events_of(attentive());
  return all;
}

std::map<std::string, Event> merged_changes() {
  std::map<std::string, Event> by_sha = latest(told(), "change", "merge_sha");
  by_sha.erase("");
  return by_sha;
}

std::string run_key(const Event& run) {
  const auto attempt = run.at("attempt").as_int64();
  return attempt == 1 ? text_of(run, "id") : fmt::format("{}/{}", text_of(run, "id"), attempt);
}

std::map<std::string, Event> runs() {
  std::map<std::string, Event> by_key;
  for (const Told& one : told()) {
    if (text_of(one.event, "type") == "run") by_key[run_key(one.event)] = one.event;
  }
  return by_key;
}

bool over(const Event& event) {
  return event.contains("finished_at");
}

using Lines = std::vector<std::string>;
Lines lines_of(const std::vector<Beat>& beats, bool lasting_only) {
  Lines lines;
  for (const Beat& beat : beats) {
    if (lasting_only && beat.superseded_at) continue;
    lines.push_back(fmt::format("{} {}\n{}", format_time(beat.at), beat.id, beat.body));
  }
  return lines;
}

TEST(World, the_same_seed_and_founding_tell_the_same_byte_for_byte) {
  const Lines first = lines_of(World(kSeed, kFounded).listen(kFounded), false);
  EXPECT_EQ(first, lines_of(World(kSeed, kFounded).listen(kFounded), false));
  EXPECT_NE(first, lines_of(World(kSeed + 1, kFounded).listen(kFounded), false));
}

TEST(World, what_lasts_is_the_same_however_often_one_listens) {
  World world(kSeed, kFounded);
  EXPECT_EQ(lines_of(attentive(), true), lines_of(world.listen(kFounded + Duration::days(2)), true));
}

TEST(World, who_comes_later_is_told_only_what_nothing_else_says) {
  const Instant now = kFounded + Duration::days(2);
  World world(kSeed, kFounded);
  std::vector<Beat> beats = world.listen(kFounded);
  for (const Beat& beat : beats) {
    if (beat.superseded_at) EXPECT_GT(*beat.superseded_at, kFounded) << beat.id;
  }
  beats = world.listen(now);
  for (const Beat& beat : beats) {
    if (beat.superseded_at) EXPECT_GT(*beat.superseded_at, now) << beat.id;
  }
  EXPECT_LT(beats.size(), attentive().size());
}

TEST(World, each_beat_has_an_id_of_its_own_and_comes_in_order) {
  std::set<std::string> ids;
  Instant last;
  for (const Beat& beat : attentive()) {
    EXPECT_TRUE(ids.insert(beat.id).second) << beat.id;
    EXPECT_GE(beat.at, last) << beat.id;
    last = beat.at;
  }
}

TEST(World, every_event_is_valid_and_carries_the_mark) {
  for (const Beat& beat : attentive()) {
    const auto checked = sources::check_events(beat.body, true);
    ASSERT_TRUE(checked) << checked.error().message << "\n" << beat.body;
    EXPECT_TRUE(checked->rejected.empty()) << checked->rejected[0].error << "\n" << beat.body;
  }
  for (const Told& one : told()) {
    const auto* mark = one.event.if_contains("simulated");
    ASSERT_TRUE(mark != nullptr && mark->is_bool() && mark->get_bool()) << one.event.at("type");
  }
}

TEST(World, nothing_speaks_of_a_later_time) {
  for (const Told& one : told()) {
    for (const auto& member : one.event) {
      if (!member.key().ends_with("_at")) continue;
      EXPECT_LE(*parse_time(std::string(member.value().as_string())), one.at) << member.key();
    }
  }
}

TEST(World, a_change_is_written_then_opened_then_seen_then_merged) {
  const auto changes = merged_changes();
  EXPECT_GT(changes.size(), 1'000u);
  for (const auto& [sha, change] : changes) {
    Instant last;
    for (const auto& commit : change.at("commits").as_array()) {
      EXPECT_GE(time_of(commit.as_object(), "authored_at"), last);
      last = time_of(commit.as_object(), "authored_at");
    }
    EXPECT_GE(time_of(change, "opened_at"), last);
    last = time_of(change, "opened_at");
    for (const auto& review : change.at("reviews").as_array()) {
      EXPECT_GE(time_of(review.as_object(), "at"), last);
      EXPECT_NE(text_of(review.as_object(), "by"), text_of(change, "author"));
      last = time_of(review.as_object(), "at");
    }
    EXPECT_GE(time_of(change, "merged_at"), last);
  }
}

TEST(World, every_commit_knows_its_parents) {
  std::set<std::string> shas;
  for (const Told& one : told()) {
    if (text_of(one.event, "type") == "commit") shas.insert(text_of(one.event, "sha"));
  }
  for (const Told& one : told()) {
    if (text_of(one.event, "type") != "commit") continue;
    for (const auto& parent : one.event.at("parents").as_array()) {
      EXPECT_TRUE(shas.contains(std::string(parent.as_string()))) << parent;
    }
  }
}

TEST(World, nothing_is_deployed_before_it_was_merged_and_built) {
  const auto changes = merged_changes();
  const auto runs_by_key = runs();
  std::size_t of_changes = 0;
  for (const auto& [id, deployment] : latest(told(), "deployment")) {
    const Instant started = time_of(deployment, "started_at");
    if (const auto change = changes.find(text_of(deployment, "sha")); change != changes.end()) {
      ++of_changes;
      EXPECT_LE(time_of(change->second, "merged_at"), started) << id;
    }
    const auto run = runs_by_key.find(text_of(deployment, "run_id"));
    ASSERT_NE(run, runs_by_key.end()) << id;
    EXPECT_EQ(text_of(run->second, "status"), "success") << id;
    EXPECT_EQ(text_of(run->second, "sha"), text_of(deployment, "sha")) << id;
    EXPECT_LE(time_of(run->second, "finished_at"), started) << id;
  }
  EXPECT_GT(of_changes, 1'000u);
}

TEST(World, what_goes_to_production_was_in_staging_unless_it_is_a_remedy) {
  std::map<std::string, Instant> staged;
  const auto deployments = latest(told(), "deployment");
  for (const auto& [id, deployment] : deployments) {
    if (text_of(deployment, "environment") != "staging" || text_of(deployment, "status") != "success") continue;
    staged.try_emplace(text_of(deployment, "sha"), time_of(deployment, "finished_at"));
  }
  std::size_t normal = 0;
  for (const auto& [id, deployment] : deployments) {
    if (text_of(deployment, "environment") != "production" || text_of(deployment, "kind") != "normal") continue;
    ++normal;
    const auto before = staged.find(text_of(deployment, "sha"));
    ASSERT_NE(before, staged.end()) << id;
    EXPECT_LE(before->second, time_of(deployment, "started_at")) << id;
  }
  EXPECT_GT(normal, 500u);
}

TEST(World, staging_only_goes_forward) {
  const auto changes = merged_changes();
  std::map<std::string, std::map<Instant, Instant>> merged_by_start;
  for (const auto& [id, deployment] : latest(told(), "deployment")) {
    const auto change = changes.find(text_of(deployment, "sha"));
    if (change == changes.end() || text_of(deployment, "environment") != "staging") continue;
    if (text_of(deployment, "status") != "success") continue;
    merged_by_start[text_of(deployment, "service")][time_of(deployment, "started_at")] =
        time_of(change->second, "merged_at");
  }
  EXPECT_EQ(merged_by_start.size(), characters().size());
  for (const auto& [service, merges] : merged_by_start) {
    Instant newest;
    for (const auto& [started, merged] : merges) {
      EXPECT_GE(merged, newest) << service << " at " << format_time(started);
      newest = merged;
    }
  }
}

TEST(World, a_rollback_returns_to_what_was_in_production_before) {
  struct Release {
    Instant at;
    std::string sha;
    std::string kind;
  };
  std::map<std::string, std::vector<Release>> by_service;
  for (const auto& [id, deployment] : latest(told(), "deployment")) {
    if (text_of(deployment, "environment") != "production" || text_of(deployment, "status") != "success") continue;
    by_service[text_of(deployment, "service")].push_back(
        {time_of(deployment, "finished_at"), text_of(deployment, "sha"), text_of(deployment, "kind")});
  }
  std::size_t rollbacks = 0;
  for (auto& [service, releases] : by_service) {
    std::ranges::sort(releases, {}, &Release::at);
    for (std::size_t i = 0; i < releases.size(); ++i) {
      if (releases[i].kind != "rollback") continue;
      ++rollbacks;
      ASSERT_GE(i, 2u) << service;
      EXPECT_NE(releases[i].sha, releases[i - 1].sha) << service;
      EXPECT_EQ(releases[i].sha, releases[i - 2].sha) << service;
    }
  }
  EXPECT_GT(rollbacks, 20u);
}

TEST(World, an_incident_comes_after_what_caused_it_and_ends_after_it_was_seen) {
  const auto deployments = latest(told(), "deployment");
  std::size_t named = 0;
  std::size_t unnamed = 0;
  for (const auto& [id, incident] : latest(told(), "incident")) {
    const Instant opened = time_of(incident, "opened_at");
    if (incident.contains("acknowledged_at")) EXPECT_GE(time_of(incident, "acknowledged_at"), opened) << id;
    if (incident.contains("resolved_at")) {
      EXPECT_GE(time_of(incident, "resolved_at"), time_of(incident, "acknowledged_at")) << id;
    }
    const auto blamed = deployments.find(text_of(incident, "deployment_id"));
    if (blamed == deployments.end()) {
      ++unnamed;
      continue;
    }
    ++named;
    EXPECT_EQ(text_of(blamed->second, "status"), "success") << id;
    EXPECT_EQ(text_of(blamed->second, "service"), text_of(incident, "service")) << id;
    EXPECT_LE(time_of(blamed->second, "finished_at"), opened) << id;
  }
  EXPECT_GT(named, 20u);
  EXPECT_GT(unnamed, 10u);
}

TEST(World, tasks_run_within_their_run) {
  const auto runs_by_key = runs();
  std::size_t checked = 0;
  for (const Told& one : told()) {
    if (text_of(one.event, "type") != "task" || !over(one.event)) continue;
    const auto run = runs_by_key.find(text_of(one.event, "run_id"));
    ASSERT_NE(run, runs_by_key.end());
    EXPECT_GE(time_of(one.event, "started_at"), time_of(run->second, "started_at"));
    if (over(run->second)) EXPECT_LE(time_of(one.event, "finished_at"), time_of(run->second, "finished_at"));
    ++checked;
  }
  EXPECT_GT(checked, 5'000u);
}

TEST(World, its_past_has_a_size_that_fits_a_laptop_and_a_story_in_every_service) {
  const auto beats = World(kSeed, kFounded).listen(kFounded);
  EXPECT_THAT(beats.size(), AllOf(Ge(5'000u), Le(12'000u)));
  EXPECT_LE(beats.front().at, kFounded - Duration::days(89));
  const auto past = events_of(beats);
  std::map<std::string, int> releases;
  for (const auto& [id, deployment] : latest(past, "deployment")) {
    if (text_of(deployment, "environment") == "production") ++releases[text_of(deployment, "service")];
  }
  ASSERT_EQ(characters().size(), 8u);
  for (const Character& character : characters()) {
    EXPECT_GE(releases[std::string(character.service)], 10) << character.service;
  }
}

TEST(World, a_visitor_sees_something_new_every_minute) {
  World world(kSeed, kFounded);
  std::vector<Beat> seen;
  world.listen(kFounded);
  for (int minute = 1; minute <= 30; ++minute) {
    auto beats = world.listen(kFounded + Duration::millis(minute * kMinute.ms));
    EXPECT_GE(beats.size(), 2u) << "in minute " << minute;
    EXPECT_LE(beats.size(), 200u) << "in minute " << minute;
    std::ranges::move(beats, std::back_inserter(seen));
  }
  const auto heard = events_of(seen);
  const auto is = [&](std::string_view type, std::string_view member, std::string_view value) {
    return std::ranges::any_of(heard, [&](const Told& one) {
      return text_of(one.event, "type") == type && text_of(one.event, member) == value;
    });
  };
  EXPECT_TRUE(is("deployment", "environment", "production"));
  EXPECT_TRUE(is("run", "status", "running"));
  EXPECT_TRUE(is("task", "status", "running"));
  EXPECT_FALSE(latest(heard, "change").empty());
  EXPECT_TRUE(std::ranges::any_of(latest(heard, "incident"),
                                  [](const auto& one) { return one.second.contains("resolved_at"); }));
}

TEST(World, it_ends_so_that_a_restart_has_a_limit) {
  World world(kSeed, kFounded);
  const Instant end = kFounded + World::kFuture;
  world.listen(end);
  EXPECT_FALSE(world.ended(end));
  EXPECT_TRUE(world.ended(end + kMinute));
  EXPECT_TRUE(world.listen(end + Duration::days(30)).empty());
}

}  // namespace
}  // namespace fairlead::simulate
