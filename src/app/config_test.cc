#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace fairlead::app {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class ConfigFile : public ::testing::Test {
 protected:
  ConfigFile() {
    std::string name = (fs::temp_directory_path() / "fairlead-config-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ConfigFile() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  Result<Config> load(std::string_view yaml, std::map<std::string, std::string> variables = {}) const {
    write("fairlead.yaml", yaml);
    return load_config(folder_ / "fairlead.yaml", environment(std::move(variables)));
  }

  Config loaded(std::string_view yaml, std::map<std::string, std::string> variables = {}) const {
    auto config = load(yaml, std::move(variables));
    EXPECT_TRUE(config) << config.error().message;
    return config ? *config : Config{};
  }

  /// What is said about a wrong file, without the folder.
  std::string refusal(std::string_view yaml, std::map<std::string, std::string> variables = {}) const {
    const auto config = load(yaml, std::move(variables));
    if (config) return "accepted";
    EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
    std::string text = config.error().message;
    const std::string prefix = folder_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }

  static Environment environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }

  fs::path folder_;
};

TEST_F(ConfigFile, nothing_said_means_the_defaults) {
  for (const char* yaml : {"", "# only a comment\n", "---\n", "services:\nteams:\nsources:\n"}) {
    const Config config = loaded(yaml);
    EXPECT_EQ(config.data, "fairlead-data");
    EXPECT_THAT(config.listen, ElementsAre("127.0.0.1:8080"));
    EXPECT_EQ(config.anonymous, api::AnonymousAccess::kNone);
    EXPECT_EQ(config.metrics, api::MetricsAccess::kOpen);
    EXPECT_EQ(config.policy.fingerprint(), Policy{}.fingerprint());
    EXPECT_THAT(config.hooks, IsEmpty());
  }
}

TEST_F(ConfigFile, the_documented_example_is_read_as_it_says) {
  const std::string page = read_text(fs::path(FAIRLEAD_SOURCE_DIR) / "docs/configuration.md");
  const auto begin = page.find("```yaml\n") + 8;
  const std::string example = page.substr(begin, page.find("```", begin) - begin);
  write("github-secret", "from a file\n");
  const Config config = loaded(example, {{"GITHUB_SECRET_OLD", "from a variable"}});
  EXPECT_EQ(config.data, folder_ / "/var/lib/fairlead");
  EXPECT_THAT(config.listen, ElementsAre("127.0.0.1:8080", "[::1]:8080"));
  EXPECT_EQ(config.base_path, "/fairlead");
  EXPECT_THAT(config.trusted_proxies, ElementsAre("10.0.0.0/8"));
  EXPECT_EQ(config.anonymous, api::AnonymousAccess::kViewer);
  EXPECT_THAT(config.anonymous_hosts, ElementsAre("fairlead.acme.example"));
  EXPECT_EQ(config.metrics, api::MetricsAccess::kToken);
  EXPECT_EQ(config.sessions.idle, Duration::hours(2));
  EXPECT_EQ(config.sessions.lifetime, Duration::days(1));
  EXPECT_THAT(config.git.hosts_allowed, ElementsAre("git.acme.example"));
  EXPECT_THAT(config.git.schemes, ElementsAre("https"));
  const Policy& policy = config.policy;
  ASSERT_EQ(policy.services.size(), 2u);
  EXPECT_EQ(policy.services[0].service.text, "shop");
  EXPECT_THAT(policy.services[0].repositories, ElementsAre("github.com/acme/shop-*", "github.com/acme/checkout"));
  EXPECT_EQ(policy.services[0].deployments_from, DeploymentVia::kDeployment);
  EXPECT_EQ(policy.services[1].deployments_from, DeploymentVia::kRelease);
  EXPECT_THAT(policy.services[1].production, ElementsAre(EnvironmentName{"release"}));
  EXPECT_THAT(policy.production_environments, ElementsAre("prod-*", "live"));
  EXPECT_THAT(config.teams.at(TeamName{"storefront"}), ElementsAre(ServiceName{"shop"}));
  EXPECT_EQ(policy.zone.name(), "Europe/Berlin");
  EXPECT_EQ(policy.attribution_window, Duration::hours(24));
  EXPECT_EQ(policy.revert_window, Duration::days(30));
  EXPECT_THAT(policy.bots, ElementsAre("release-train"));
  EXPECT_TRUE(policy.exclude_bot_changes);
  ASSERT_EQ(config.hooks.size(), 2u);
  EXPECT_EQ(config.hooks[0].source, "github");
  EXPECT_EQ(config.hooks[0].name, "");
  EXPECT_THAT(config.hooks[0].secrets, ElementsAre("from a file", "from a variable"));
  EXPECT_EQ(config.hooks[1].name, "platform");
}

TEST_F(ConfigFile, paths_count_from_the_file_s_folder) {
  EXPECT_EQ(loaded("data: here\n").data, folder_ / "here");
  EXPECT_EQ(loaded("data: /var/lib/fairlead\n").data, "/var/lib/fairlead");
}

TEST_F(ConfigFile, an_empty_list_replaces_the_default) {
  EXPECT_THAT(loaded("").policy.incident_labels, ElementsAre("incident"));
  EXPECT_THAT(loaded("incident_labels: []\n").policy.incident_labels, IsEmpty());
  EXPECT_THAT(loaded("incident_labels: outage\n").policy.incident_labels, ElementsAre("outage"));
}

struct WrongFile {
  std::string_view yaml;
  std::string_view refusal;
};

TEST_F(ConfigFile, what_is_wrong_is_said_with_its_place_and_what_to_write) {
  constexpr WrongFile kWrong[] = {
      {"servces: {}\n", "fairlead.yaml:1:1: 'servces' is no setting here: did you mean 'services'?"},
      {"access:\n  anonymus: none\n", "fairlead.yaml:2:3: 'anonymus' is no setting here: did you mean 'anonymous'?"},
      {"access:\n  colour: blue\n",
       "fairlead.yaml:2:3: 'colour' is no setting here: write one of anonymous, anonymous_hosts, metrics, "
       "session_idle, "
       "session_lifetime"},
      {"access:\n  session_lifetime: 91d\n", "fairlead.yaml:2:21: session_lifetime: a login lasts at most 90d"},
      {"access:\n  anonymous: everybody\n",
       "fairlead.yaml:2:14: 'everybody' is not possible for 'anonymous': write one of none, viewer, operator"},
      {"access: none\n",
       "fairlead.yaml:1:9: a value stands at 'access': write settings as 'key: value', indented below it"},
      {"data: [a]\n", "fairlead.yaml:1:7: a list stands at 'data': write a text"},
      {"data:\n", "fairlead.yaml:1:1: nothing stands at 'data': write a text"},
      {"exclude_bot_changes: yes\n",
       "fairlead.yaml:1:22: 'yes' is not possible for 'exclude_bot_changes': write one of true, false"},
      {"time_zone: Mars/Olympus\n",
       "fairlead.yaml:1:12: time_zone: 'Mars/Olympus' is no time zone that this system knows; write a name like "
       "Europe/Berlin"},
      {"revert_window: soon\n",
       "fairlead.yaml:1:16: revert_window: 'soon' is no length of time: write it as 24h or 30d (units s, m, h, d, w)"},
      {"attribution_window: 0h\n",
       "fairlead.yaml:1:21: attribution_window: '0h' is no length of time: write it as 24h or 30d (units s, m, h, d, "
       "w)"},
      {"base_path: fairlead/\n", "fairlead.yaml:1:12: base_path: 'fairlead/' is no base path: write it as /fairlead"},
      {"bots: [a, '']\n", "fairlead.yaml:1:11: bots: an empty text stands in the list: leave it out"},
      {"data: a\ndata: b\n", "fairlead.yaml:2:1: 'data' stands here twice"},
      {"tls:\n  key: k.pem\n", "fairlead.yaml:1:1: tls needs both certificate and key"},
      {"sources:\n  github:\n    secrets:\n      - env: NOT_SET\n",
       "fairlead.yaml:4:14: env: the environment variable NOT_SET is not set: set it, or leave this secret out"},
      {"sources:\n  github:\n    secrets:\n      - value: a\n        env: B\n",
       "fairlead.yaml:4:9: a secret needs exactly one of value, env, file\n"
       "fairlead.yaml:5:14: env: the environment variable B is not set: set it, or leave this secret out"},
      {"sources:\n  github:\n    secrets: [{value: ''}]\n",
       "fairlead.yaml:3:23: value: the secret is empty: write the one that you gave the tool"},
      {"sources:\n  github:\n    hooks:\n      platform:\n",
       "fairlead.yaml:4:7: the hook 'platform' has no secret and would refuse everything"},
      {"sources:\n  gitbub: {}\n", "fairlead.yaml:2:3: 'gitbub' is no setting here: did you mean 'github'?"},
      {"- a\n", "fairlead.yaml:1:1: the file must hold settings, written as 'key: value'"},
      {"data: a\n---\ndata: b\n", "fairlead.yaml:3:1: a second document begins: keep one, without '---' between"},
      {"access: [unclosed\n", "fairlead.yaml:2:1: this is no YAML: end of sequence flow not found"},
      {"profile: dora\ntime_zone: [UTC]\n",
       "fairlead.yaml:1:10: 'dora' is not possible for 'profile': write one of fairlead\n"
       "fairlead.yaml:2:12: a list stands at 'time_zone': write a text"},
  };
  for (const auto& [yaml, expected] : kWrong) EXPECT_EQ(refusal(yaml), expected) << yaml;
}

TEST_F(ConfigFile, what_other_modules_read_is_checked_by_them) {
  EXPECT_THAT(refusal("listen: nowhere\n"), HasSubstr("fairlead.yaml:1:9: listen: "));
  EXPECT_THAT(refusal("trusted_proxies: [proxy]\n"), HasSubstr("fairlead.yaml:1:19: trusted_proxies: "));
}

TEST_F(ConfigFile, a_refusal_never_shows_a_secret) {
  const std::string secret(5000, 's');
  const std::string text = refusal("sources:\n  github:\n    secrets:\n      - value: " + secret + "\n");
  EXPECT_THAT(text, HasSubstr("longer than 4096 bytes"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("sss")));
}

TEST_F(ConfigFile, a_secret_of_the_largest_size_passes) {
  const std::string secret(4096, 's');
  const Config config = loaded("sources:\n  github:\n    secrets:\n      - value: " + secret + "\n");
  ASSERT_EQ(config.hooks.size(), 1u);
  EXPECT_EQ(config.hooks[0].secrets[0], secret);
  write("secret", secret + "\r\n");
  EXPECT_EQ(loaded("sources: {github: {secrets: {file: secret}}}\n").hooks.at(0).secrets.at(0), secret);
}

TEST_F(ConfigFile, a_secret_file_that_cannot_be_read_is_named) {
  EXPECT_THAT(refusal("sources: {github: {secrets: {file: absent}}}\n"),
              HasSubstr("file: the file absent cannot be read: create it, or leave this secret out"));
}

TEST_F(ConfigFile, the_environment_gives_a_source_its_secret) {
  const auto github = [](const Config& config) { return config.hooks.at(0).secrets; };
  EXPECT_THAT(github(loaded("", {{"FAIRLEAD_GITHUB_SECRET", "s"}})), ElementsAre("s"));
  EXPECT_THAT(github(loaded("sources: {github: {secrets: {value: a}}}", {{"FAIRLEAD_GITHUB_SECRET", "s"}})),
              ElementsAre("a", "s"));
  EXPECT_THAT(refusal("", {{"FAIRLEAD_GITHUB_SECRET", ""}}),
              "FAIRLEAD_GITHUB_SECRET: the secret is empty: write the one that you gave the tool");
}

TEST_F(ConfigFile, a_file_that_cannot_be_read_or_is_too_large_is_named) {
  const Environment none = environment({});
  EXPECT_THAT(load_config(folder_ / "absent.yaml", none).error().message, HasSubstr("absent.yaml cannot be read"));
  EXPECT_THAT(load_config(folder_, none).error().message, HasSubstr("is a folder"));
  const std::string padding(1024 * 1024, '#');
  EXPECT_EQ(refusal(padding.substr(1) + "\n"), "accepted");
  EXPECT_THAT(refusal(padding + "\n"), HasSubstr("is larger than 1048576 bytes"));
}

TEST_F(ConfigFile, no_file_at_all_is_no_error) {
  EXPECT_TRUE(load_config({}, environment({})));
}

TEST(Duration, is_read_in_every_unit) {
  EXPECT_EQ(parse_duration("45s"), Duration::seconds(45));
  EXPECT_EQ(parse_duration("90m"), Duration::seconds(5400));
  EXPECT_EQ(parse_duration("24h"), Duration::days(1));
  EXPECT_EQ(parse_duration("2w"), Duration::days(14));
  EXPECT_EQ(parse_duration("1000000d"), Duration::days(1'000'000));
  for (const std::string_view text :
       {"", "h", "24", "24 h", "-1h", "1.5h", "1000001d", "99999999999999999999s", "1y"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ConfigSchema, the_stored_file_is_the_one_that_the_code_describes) {
  const fs::path file = fs::path(FAIRLEAD_SOURCE_DIR) / "src/app/config.schema.json";
  if (std::getenv("FAIRLEAD_REWRITE_GOLDENS")) std::ofstream(file, std::ios::binary) << config_schema();
  EXPECT_EQ(read_text(file), config_schema()) << "rewrite it with ./dev golden";
}

/// Every key of a schema, with those inside it.
void collect_keys(const boost::json::object& schema, std::set<std::string>& keys) {
  for (const auto& [name, value] : schema) {
    if (!value.is_object()) {
      if (name == "anyOf") collect_keys(value.as_array().at(0).as_object(), keys);
      continue;
    }
    if (name == "properties") {
      for (const auto& property : value.get_object()) keys.emplace(property.key());
    }
    collect_keys(value.get_object(), keys);
  }
}

TEST(ConfigSchema, every_key_is_documented) {
  std::set<std::string> keys;
  collect_keys(boost::json::parse(config_schema()).as_object(), keys);
  EXPECT_GT(keys.size(), 30u);
  const std::string page = read_text(fs::path(FAIRLEAD_SOURCE_DIR) / "docs/configuration.md");
  for (const std::string& key : keys) EXPECT_THAT(page, HasSubstr("`" + key + "`"));
}

}  // namespace
}  // namespace fairlead::app
