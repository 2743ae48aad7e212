#include "model/policy.h"

#include <gtest/gtest.h>

#include <functional>

namespace fairlead {
namespace {

struct GlobCase {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

TEST(Glob, a_star_is_any_run_and_a_question_mark_one_character) {
  constexpr GlobCase kCases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "github.com/acme/api", true},
      {"github.com/acme/*", "github.com/acme/api", true},
      {"github.com/acme/*", "github.com/acme/group/api", true},
      {"github.com/acme/*", "github.com/acme/", true},
      {"github.com/acme/*", "github.com/acme", false},
      {"*/api", "github.com/acme/api", true},
      {"*/api", "github.com/acme/api-gateway", false},
      {"*api*", "github.com/acme/api-gateway", true},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"?", "", false},
      {"a.c", "abc", false},
      {"[ab]", "a", false},
      {"*a*b*c", "xxaxxbxxc", true},
      {"*a*b*c", "xxaxxcxxb", false},
      {"**", "a", true},
      {"A", "a", false},
  };
  for (const auto& [pattern, text, matches] : kCases) {
    EXPECT_EQ(glob_matches(pattern, text), matches) << pattern << " over " << text;
  }
}

TEST(Glob, many_stars_over_a_long_text_end_soon) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(20'000, 'a')));
}

struct EnvironmentCase {
  std::string_view name;
  bool production;
};

TEST(Production, is_judged_by_the_parts_of_the_name) {
  constexpr EnvironmentCase kCases[] = {
      {"production", true},
      {"prod", true},
      {"Production", true},
      {"LIVE", true},
      {"prod-eu-1", true},
      {"eu/prod", true},
      {"acme_prod.blue", true},
      {"prod:green", true},
      {"", false},
      {"staging", false},
      {"non-prod", false},
      {"nonprod", false},
      {"non_production", false},
      {"pre-prod", false},
      {"preprod", false},
      {"preview-prod", false},
      {"prod-test", false},
      {"test", false},
      {"not-live", false},
      {"reproduction", false},
      {"products", false},
      {"alive", false},
      {"prod2", false},
      {"production ", true},
      {"préprod", false},
      {"--", false},
      {"live-preview", false},
      {"release", false},
  };
  for (const auto& [name, production] : kCases) EXPECT_EQ(production_by_name(name), production) << name;
}

TEST(Production, the_tool_s_tier_outranks_the_name) {
  EXPECT_TRUE(is_production({}, ServiceName{"api"}, EnvironmentName{"blue"}, true));
  EXPECT_FALSE(is_production({}, ServiceName{"api"}, EnvironmentName{"prod"}, false));
  EXPECT_TRUE(is_production({}, ServiceName{"api"}, EnvironmentName{"prod"}, std::nullopt));
}

TEST(Production, the_configuration_outranks_the_tier_and_the_service_s_own_rule_outranks_all) {
  Policy policy;
  policy.production_environments = {"eu-*"};
  EXPECT_TRUE(is_production(policy, ServiceName{"api"}, EnvironmentName{"eu-1"}, false));
  EXPECT_FALSE(is_production(policy, ServiceName{"api"}, EnvironmentName{"prod"}, true));
  policy.services.push_back({ServiceName{"api"}, {}, DeploymentVia::kTag, {EnvironmentName{"release"}}});
  EXPECT_TRUE(is_production(policy, ServiceName{"api"}, EnvironmentName{"release"}, std::nullopt));
  EXPECT_FALSE(is_production(policy, ServiceName{"api"}, EnvironmentName{"eu-1"}, std::nullopt));
  EXPECT_TRUE(is_production(policy, ServiceName{"web"}, EnvironmentName{"eu-1"}, std::nullopt));
}

TEST(Service, is_the_event_s_own_else_the_first_matching_rule_else_the_repository_s_name) {
  Policy policy;
  policy.services.push_back({ServiceName{"payments"}, {"github.com/acme/pay-*"}, DeploymentVia::kRelease, {}});
  policy.services.push_back({ServiceName{"all"}, {"github.com/acme/*", "gitlab.com/acme/*"}, DeploymentVia::kRun, {}});
  const auto resolved = [&](const char* own, const char* repository) {
    return resolve_service(policy, ServiceName{own}, RepositoryName{repository}).text;
  };
  EXPECT_EQ(resolved("own", "github.com/acme/pay-api"), "own");
  EXPECT_EQ(resolved("", "github.com/acme/pay-api"), "payments");
  EXPECT_EQ(resolved("", "gitlab.com/acme/web"), "all");
  EXPECT_EQ(resolved("", "github.com/other/web"), "other/web");
  EXPECT_EQ(resolved("", "gitlab.com/group/sub/web"), "group/sub/web");
  EXPECT_EQ(resolved("", "other/web"), "other/web");
  EXPECT_EQ(resolved("", "git.acme.io/web"), "web");
  EXPECT_EQ(resolved("", "localhost/web"), "web");
  EXPECT_EQ(resolved("", "file:web"), "web");
  EXPECT_EQ(resolved("", ""), "");
  EXPECT_EQ(deployments_from(policy, ServiceName{"payments"}), DeploymentVia::kRelease);
  EXPECT_EQ(deployments_from(policy, ServiceName{"other/web"}), DeploymentVia::kDeployment);
}

TEST(Bots, are_known_by_their_suffix_or_from_the_list) {
  Policy policy;
  policy.bots = {"Release-Train"};
  EXPECT_TRUE(is_bot(policy, "dependabot[bot]"));
  EXPECT_TRUE(is_bot(policy, "release-train"));
  EXPECT_FALSE(is_bot(policy, "release-trainer"));
  EXPECT_FALSE(is_bot(policy, "robot"));
  EXPECT_FALSE(is_bot(policy, ""));
}

TEST(Fingerprint, every_setting_of_the_policy_changes_it) {
  const std::function<void(Policy&)> changes[] = {
      [](Policy&) {},
      [](Policy& p) {
        p.services.push_back({ServiceName{"a"}, {}, DeploymentVia::kDeployment, {}});
      },
      [](Policy& p) {
        p.services.push_back({ServiceName{"b"}, {}, DeploymentVia::kDeployment, {}});
      },
      [](Policy& p) {
        p.services.push_back({ServiceName{"a"}, {"x"}, DeploymentVia::kDeployment, {}});
      },
      [](Policy& p) {
        p.services.push_back({ServiceName{"a"}, {}, DeploymentVia::kRun, {}});
      },
      [](Policy& p) {
        p.services.push_back({ServiceName{"a"}, {}, DeploymentVia::kRun, {EnvironmentName{"x"}}});
      },
      [](Policy& p) { p.production_environments = {"x"}; },
      [](Policy& p) {
        p.production_environments = {"x", "y"};
      },
      [](Policy& p) { p.production_environments = {"xy"}; },
      [](Policy& p) { p.attribution_window = Duration::hours(25); },
      [](Policy& p) { p.revert_window = Duration::days(31); },
      [](Policy& p) { p.bots = {"x"}; },
      [](Policy& p) { p.incident_labels = {}; },
      [](Policy& p) { p.hotfix_labels = {}; },
      [](Policy& p) { p.hotfix_branches = {}; },
      [](Policy& p) { p.zone = TimeZone::named("Europe/Berlin").value(); },
      [](Policy& p) { p.exclude_bot_changes = true; },
  };
  std::set<std::string> prints;
  for (const auto& change : changes) {
    Policy policy;
    change(policy);
    EXPECT_TRUE(prints.insert(policy.fingerprint()).second) << "change " << prints.size();
    EXPECT_EQ(policy.fingerprint(), Policy{policy}.fingerprint());
  }
}

}  // namespace
}  // namespace fairlead
