#include "app/weak_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> checks(const Config& config) {
  std::vector<std::string> out;
  for (const api::Finding& finding : weak_settings(config)) {
    EXPECT_EQ(finding.state == api::Finding::State::kOk, finding.check == "settings");
    out.push_back(finding.check);
  }
  return out;
}

TEST(WeakSettings, the_defaults_are_not_weak) {
  EXPECT_THAT(checks(Config()), ElementsAre("settings"));
}

TEST(WeakSettings, an_open_address_needs_tls_or_a_proxy_and_closed_metrics) {
  Config config;
  config.listen = {"127.0.0.1:80", "[::1]:80"};
  EXPECT_THAT(checks(config), ElementsAre("settings"));
  config.listen = {"127.0.0.1:80", "0.0.0.0:80"};
  EXPECT_THAT(checks(config), ElementsAre("settings.tls", "settings.metrics"));
  config.metrics = api::MetricsAccess::kToken;
  EXPECT_THAT(checks(config), ElementsAre("settings.tls"));
  config.trusted_proxies = {"10.0.0.1"};
  EXPECT_THAT(checks(config), ElementsAre("settings"));
  config.trusted_proxies.clear();
  config.tls_certificate = "cert.pem";
  EXPECT_THAT(checks(config), ElementsAre("settings"));
}

TEST(WeakSettings, readers_without_a_login_are_told) {
  Config config;
  config.anonymous = api::AnonymousAccess::kViewer;
  EXPECT_THAT(checks(config), ElementsAre("settings")) << "loopback alone";
  config.anonymous_hosts = {"fairlead.example"};
  EXPECT_THAT(checks(config), ElementsAre("settings.anonymous"));
}

TEST(WeakSettings, a_short_secret_is_told_and_never_shown) {
  Config config;
  config.hooks = {{"github", "team", {"0123456789abcdef", "123456789abcdef"}}};
  const auto findings = weak_settings(config);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].check, "settings.secrets");
  EXPECT_THAT(findings[0].seen, HasSubstr("github/team"));
  EXPECT_THAT(findings[0].seen + findings[0].action, Not(HasSubstr("123456789")));
  config.hooks[0].secrets.pop_back();
  EXPECT_THAT(checks(config), ElementsAre("settings"));
}

}  // namespace
}  // namespace fairlead::app
