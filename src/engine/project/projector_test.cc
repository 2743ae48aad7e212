#include "engine/project/projector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/link/linker.h"
#include "engine/testing/deliveries.h"
#include "engine/testing/settled.h"
#include "store/memory/memory_store.h"

namespace fairlead::engine {
namespace {

using testing::commit_json;
using testing::delivery;
using testing::deployment_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;
using ::testing::SizeIs;

const RepositoryName kRepository{"github.com/acme/api"};

class ProjectorTest : public ::testing::Test {
 protected:
  void append(std::string body) {
    testing::append_all(*journal_, std::vector{delivery(std::to_string(++sent_), std::move(body))});
  }
  void append_and_project(std::string body) {
    append(std::move(body));
    must(projector_.step(0));
  }
  void link() {
    Linker linker(*derived_, policy_);
    while (must(linker.run(1'000))) {
    }
  }
  std::map<std::string, std::optional<Instant>> marks() {
    std::map<std::string, std::optional<Instant>> marks;
    for (const auto& mark : must(must(derived_->read())->dirty_services(100))) marks[mark.service.text] = mark.since;
    return marks;
  }
  static Instant today(int hour) { return must(parse_time(fmt::format("2026-01-05T{:02}:00:00Z", hour))); }
  std::vector<store::DeliveryOutcome> outcomes() { return must(must(derived_->read())->outcomes(std::nullopt, 100)); }

  Policy policy_;
  std::unique_ptr<store::Journal> journal_ = store::make_memory_journal();
  std::unique_ptr<store::Derived> derived_ = store::make_memory_derived();
  Projector projector_{*journal_, *derived_, policy_};
  int sent_ = 0;
};

TEST_F(ProjectorTest, an_empty_journal_gives_nothing) {
  const auto batch = must(projector_.step(0));
  EXPECT_THAT(batch.outcomes, IsEmpty());
  EXPECT_EQ(batch.position, 0u);
}

TEST_F(ProjectorTest, a_delivery_becomes_an_entity_an_outcome_and_a_position) {
  append(deployment_json("d1", "api", "10:00", "a1"));
  const auto batch = must(projector_.step(0));
  ASSERT_THAT(batch.entities, SizeIs(1));
  EXPECT_EQ(batch.entities[0].place.service.text, "api");
  EXPECT_EQ(batch.entities[0].place.status, "success");
  EXPECT_EQ(batch.position, 1u);
  ASSERT_THAT(outcomes(), SizeIs(1));
  EXPECT_EQ(outcomes()[0].observations, 1);
  EXPECT_EQ(must(must(derived_->read())->position(0)), 1u);
}

TEST_F(ProjectorTest, an_entity_touched_often_in_a_batch_is_written_once) {
  for (int i = 0; i < 100; ++i) append(deployment_json("d1", "api", "10:00", "a1"));
  const auto batch = must(projector_.step(0));
  EXPECT_THAT(batch.outcomes, SizeIs(100));
  EXPECT_THAT(batch.entities, SizeIs(1));
}

/// Invariant I2, behind the door: even under another delivery id.
TEST_F(ProjectorTest, the_same_content_again_changes_and_marks_nothing) {
  append_and_project(deployment_json("d1", "api", "10:00", "a1"));
  append_and_project(commit_json("a1", R"(["a0"])"));
  link();
  const auto before = testing::dump_of(*derived_);
  append_and_project(deployment_json("d1", "api", "10:00", "a1"));
  append_and_project(commit_json("a1", R"(["a0"])"));
  EXPECT_THAT(marks(), IsEmpty());
  EXPECT_EQ(testing::first_difference(before, testing::dump_of(*derived_)), "");
}

TEST_F(ProjectorTest, a_batch_ends_at_its_limits) {
  ProjectorLimits limits;
  limits.rows_max = 2;
  Projector by_rows(*journal_, *derived_, policy_, limits);
  for (int i = 0; i < 5; ++i) append(commit_json("c" + std::to_string(i), ""));
  EXPECT_EQ(must(by_rows.step(0)).position, 2u);
  limits = {};
  limits.observations_max = 2;
  Projector by_observations(*journal_, *derived_, policy_, limits);
  EXPECT_EQ(must(by_observations.step(0)).position, 4u);
  limits = {};
  limits.bytes_max = 1;
  Projector by_bytes(*journal_, *derived_, policy_, limits);
  EXPECT_EQ(must(by_bytes.step(0)).position, 5u);
}

TEST_F(ProjectorTest, what_cannot_be_read_is_quarantined_and_the_next_row_is_projected) {
  append("{ this is no JSON");
  Delivery unknown = delivery("x", "{}");
  unknown.source = SourceName{"nobody"};
  testing::append_all(*journal_, std::vector{unknown});
  append_and_project(commit_json("a1", ""));
  const auto all = outcomes();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].outcome, Interpretation::Outcome::kAccepted);
  EXPECT_EQ(all[1].outcome, Interpretation::Outcome::kQuarantined);
  EXPECT_THAT(all[1].reason, HasSubstr("nobody"));
  EXPECT_EQ(all[2].outcome, Interpretation::Outcome::kQuarantined);
}

TEST_F(ProjectorTest, a_moved_deployment_marks_its_old_and_its_new_service) {
  append_and_project(deployment_json("d1", "api", "10:00", "a1"));
  link();
  append_and_project(
      R"({"type":"deployment","id":"d1","service":"web","status":"success","finished_at":"2026-01-05T14:00:00Z",)"
      R"("updated_at":"2026-01-05T15:00:00Z"})");
  EXPECT_THAT(marks(), ElementsAre(std::pair("api", today(10)), std::pair("web", today(10))));
}

TEST_F(ProjectorTest, a_late_parent_marks_the_services_whose_walk_stopped_there) {
  append_and_project(deployment_json("d1", "api", "10:00", "a1"));
  append_and_project(deployment_json("d2", "web", "11:00", "b1"));
  link();
  append_and_project(commit_json("b1", R"(["b0"])"));
  EXPECT_THAT(marks(), ElementsAre(std::pair("web", today(11))));
}

/// A baseline stores no row for a commit in the midst of its walk, and yet what that commit reaches is not shipped by a
/// later deployment.
TEST_F(ProjectorTest, a_further_parent_below_a_baseline_is_taken_in) {
  append_and_project(commit_json("root", "[]"));
  append_and_project(commit_json("side", R"(["root"])"));
  append_and_project(commit_json("merge", R"(["root"])"));
  append_and_project(commit_json("next", R"(["side"])"));
  append_and_project(deployment_json("d1", "api", "10:00", "merge"));
  append_and_project(deployment_json("d2", "api", "12:00", "next"));
  link();
  const auto shipped = [this] { return must(must(derived_->read())->stream(ServiceName{"api"})).at(1).shipped_count; };
  EXPECT_EQ(shipped(), 2);
  append_and_project(commit_json("merge", R"(["root","side"])"));
  link();
  EXPECT_EQ(shipped(), 1);
}

TEST_F(ProjectorTest, a_late_change_marks_the_services_that_shipped_its_commits) {
  append_and_project(commit_json("a1", "[]"));
  append_and_project(commit_json("a2", R"(["a1"])"));
  append_and_project(commit_json("a3", R"(["a2"])", R"(,"message":"Merge pull request #7 from x")"));
  append_and_project(deployment_json("d1", "api", "10:00", "a1"));
  append_and_project(deployment_json("d2", "api", "12:00", "a3"));
  link();
  append_and_project(R"({"type":"change","repository":"github.com/acme/api","number":"1","merge_sha":"a2"})");
  EXPECT_THAT(marks(), ElementsAre(std::pair("api", today(12))));
  link();
  append_and_project(R"({"type":"change","repository":"github.com/acme/api","number":"7","title":"by number"})");
  EXPECT_THAT(marks(), ElementsAre(std::pair("api", today(12))));
}

TEST_F(ProjectorTest, an_incident_marks_evidence_only_also_where_its_deployment_is) {
  append_and_project(deployment_json("d1", "api", "10:00", "a1"));
  link();
  append_and_project(
      R"({"type":"incident","id":"i1","service":"web","opened_at":"2026-01-05T11:00:00Z","deployment_id":"d1"})");
  EXPECT_THAT(marks(), ElementsAre(std::pair("api", std::nullopt), std::pair("web", std::nullopt)));
}

/// Each side writes, commits, then looks: a linker that read the journal's state before this batch and committed its
/// `missing` rows before the look must be seen by it.
TEST_F(ProjectorTest, a_link_made_between_commit_and_look_is_not_overlooked) {
  append(deployment_json("d1", "api", "10:00", "a1"));
  append(deployment_json("d2", "api", "12:00", "a2"));
  must(projector_.step(0));
  // Linked only while the next batch is under way, the links rest on the edges that were there before it.
  projector_.set_between_commit_and_look([this] { link(); });
  append_and_project(commit_json("a2", R"(["a1"])"));
  projector_.set_between_commit_and_look({});
  link();

  const auto rebuilt = store::make_memory_derived();
  must(project_all(*journal_, *rebuilt, policy_, {}));
  EXPECT_EQ(testing::first_difference(testing::dump_of(*rebuilt), testing::dump_of(*derived_)), "");
}

TEST_F(ProjectorTest, marks_survive_a_crash_between_commit_and_look) {
  append_and_project(deployment_json("d1", "api", "10:00", "a1"));
  link();
  struct Crash {};
  projector_.set_between_commit_and_look([] { throw Crash(); });
  append(commit_json("a1", R"(["a0"])"));
  EXPECT_THROW(static_cast<void>(projector_.step(0)), Crash);
  EXPECT_THAT(marks(), IsEmpty());

  Projector after_restart(*journal_, *derived_, policy_);
  EXPECT_THAT(must(after_restart.step(0)).outcomes, IsEmpty());
  EXPECT_THAT(marks(), ElementsAre(std::pair("api", today(10))));
}

TEST_F(ProjectorTest, what_an_entity_spoke_of_before_is_marked_even_if_it_crashes_then) {
  append_and_project(commit_json("a1", "[]"));
  append_and_project(commit_json("a2", R"(["a1"])"));
  append_and_project(deployment_json("d1", "api", "10:00", "a1"));
  append_and_project(deployment_json("d2", "api", "12:00", "a2"));
  append_and_project(
      R"({"type":"change","repository":"github.com/acme/api","number":"1","merge_sha":"a2","updated_at":1})");
  link();
  struct Crash {};
  projector_.set_between_commit_and_look([] { throw Crash(); });
  append(R"({"type":"change","repository":"github.com/acme/api","number":"1","merge_sha":"elsewhere","updated_at":2})");
  EXPECT_THROW(static_cast<void>(projector_.step(0)), Crash);
  Projector after_restart(*journal_, *derived_, policy_);
  must(after_restart.step(0));
  EXPECT_THAT(marks(), ElementsAre(std::pair("api", today(12))));
}

}  // namespace
}  // namespace fairlead::engine
