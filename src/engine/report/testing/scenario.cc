#include "engine/report/testing/scenario.h"

#include <algorithm>
#include <optional>

#include "engine/testing/event_text.h"
#include "model/keys.h"

namespace fairlead::engine::testing {
namespace {

constexpr std::string_view kDefaultRepository = "github.com/acme/api";

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (end != 0) parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

/// Words of a line; "in quotes" is one, and ` = ` binds like `=`.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  const auto end_word = [&] {
    if (word.empty()) return;
    const bool joins = !words.empty() && (word.starts_with('=') || words.back().ends_with('='));
    if (joins)
      words.back() += word;
    else
      words.push_back(word);
    word.clear();
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '#' && !quoted && word.empty() && (i + 1 == line.size() || line[i + 1] == ' ')) {
      break;  // `#7` is a change
    } else if ((c == ' ' || c == '\t') && !quoted) {
      end_word();
    } else {
      word += c;
    }
  }
  end_word();
  return words;
}

/// `name=value` apart; a bare word has no value.
struct Field {
  std::string name;
  std::optional<std::string> value;
};
Field field_of(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos) return {word, std::nullopt};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

/// `2026-01-05T10:00Z`, a date (UTC), or a distance from `base`.
Result<Instant> time_of(std::string_view text, Instant base) {
  if (text.starts_with('+') || text.starts_with('-')) {
    ASSIGN_OR_RETURN(const Duration distance, parse_length(text));
    return base + distance;
  }
  std::string full(text);
  if (full.size() == 10) full += "T00:00:00Z";
  const auto minutes = full.find('T');
  if (minutes != std::string::npos && full.size() >= minutes + 7 && full[minutes + 6] != ':')
    full.insert(minutes + 6, ":00");
  return parse_time(full);
}

std::string number_text(std::size_t n) {
  return std::to_string(n);
}

class Parser {
 public:
  Result<Scenario> parse(std::string_view text) {
    int number = 0;
    while (!text.empty()) {
      ++number;
      const auto end = text.find('\n');
      const auto words = words_of(text.substr(0, end));
      text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
      if (words.empty()) continue;
      if (const Status read = line(words, number); !read)
        return fail(ErrorCode::kInvalid, "line {}: {}", number, read.error().message);
    }
    return std::move(scenario_);
  }

 private:
  Status line(const std::vector<std::string>& words, int number) {
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    if (words[0] == "policy") return policy(rest);
    if (words[0] == "at") return event(rest);
    if (words[0] == "report") return report(rest);
    if (words[0] == "expect" && !rest.empty()) {
      scenario_.expectations.push_back({number, rest[0], {rest.begin() + 1, rest.end()}, query_});
      return {};
    }
    return fail(ErrorCode::kInvalid, "unknown word '{}'", words[0]);
  }

  Status policy(const std::vector<std::string>& words) {
    Policy& policy = scenario_.policy;
    for (const std::string& word : words) {
      const Field field = field_of(word);
      const std::string value = field.value.value_or("");
      if (field.name == "zone") {
        ASSIGN_OR_RETURN(policy.zone, TimeZone::named(value));
      } else if (field.name == "window") {
        ASSIGN_OR_RETURN(policy.attribution_window, parse_length(value));
      } else if (field.name == "revert_window") {
        ASSIGN_OR_RETURN(policy.revert_window, parse_length(value));
      } else if (field.name == "bots") {
        policy.bots = split(value, ',');
      } else if (field.name == "exclude_bots") {
        policy.exclude_bot_changes = true;
      } else if (field.name == "production") {
        policy.production_environments = split(value, ',');
      } else if (field.name == "runs_of") {
        Policy::ServiceRule rule;
        rule.service = ServiceName{value};
        rule.deployments_from = DeploymentVia::kRun;
        policy.services.push_back(std::move(rule));
      } else {
        return fail(ErrorCode::kInvalid, "unknown policy '{}'", field.name);
      }
    }
    return {};
  }

  Status event(const std::vector<std::string>& words) {
    if (words.size() < 3) return fail(ErrorCode::kInvalid, "an event needs a time, a kind and a name");
    ASSIGN_OR_RETURN(at_, time_of(words[0], {}));
    const std::string& kind = words[1];
    JsonObject json;
    json.text("type", kind == "deploy" ? "deployment" : kind);
    json.time("updated_at", at_);
    std::vector<Field> fields;
    for (std::size_t i = 3; i < words.size(); ++i) fields.push_back(field_of(words[i]));
    Status made = fail(ErrorCode::kInvalid, "unknown kind of event '{}'", kind);
    if (kind == "deploy") made = deploy(words[2], fields, json);
    if (kind == "commit") made = commit(words[2], fields, json);
    if (kind == "change") made = change(words[2], fields, json);
    if (kind == "incident") made = incident(words[2], fields, json);
    if (kind == "run") made = run(words[2], fields, json);
    RETURN_IF_ERROR(made);
    scenario_.deliveries.push_back({.source = SourceName{"events"},
                                    .origin = Origin{"events"},
                                    .id = number_text(scenario_.deliveries.size()),
                                    .received_at = at_,
                                    .headers = {},
                                    .body = json.json()});
    return {};
  }

  /// Fields that every kind treats alike: text, or a time.
  Status plain(const Field& field, JsonObject& json) {
    static const std::map<std::string, std::string> kTexts = {
        {"service", "service"},     {"env", "environment"},
        {"version", "version"},     {"kind", "kind"},
        {"status", "status"},       {"ref", "ref"},
        {"author", "author"},       {"message", "message"},
        {"title", "title"},         {"head_branch", "head_branch"},
        {"merge", "merge_sha"},     {"head", "head_sha"},
        {"reverts", "reverts"},     {"deployment", "deployment_id"},
        {"cause", "caused_by_sha"}, {"cause_version", "caused_by_version"},
        {"pipeline", "pipeline"}};
    static const std::map<std::string, std::string> kTimes = {
        {"opened", "opened_at"},     {"merged", "merged_at"},     {"closed", "closed_at"},
        {"resolved", "resolved_at"}, {"authored", "authored_at"}, {"committed", "committed_at"},
        {"started", "started_at"},   {"finished", "finished_at"}, {"first_commit", "first_commit_at"},
        {"updated", "updated_at"}};
    if (field.name == "simulated") {
      json.set("simulated", "true");
      return {};
    }
    if (const auto time = kTimes.find(field.name); time != kTimes.end()) {
      if (field.value == "null") {
        json.set(time->second, "null");
        return {};
      }
      ASSIGN_OR_RETURN(const Instant at, time_of(field.value.value_or("+0s"), at_));
      json.time(time->second, at);
      return {};
    }
    const auto text = kTexts.find(field.name);
    if (text == kTexts.end() || !field.value) return fail(ErrorCode::kInvalid, "unknown field '{}'", field.name);
    json.text(text->second, *field.value);
    return {};
  }

  Status deploy(const std::string& service, const std::vector<Field>& fields, JsonObject& json) {
    std::string id = "d" + number_text(++deployments_);
    json.text("service", service).text("environment", "production").text("status", "success").time("finished_at", at_);
    bool names_sha = false;
    std::string repository{kDefaultRepository};
    for (const Field& field : fields) {
      if (field.name == "id") {
        id = *field.value;
      } else if (field.name == "sha") {
        json.text("sha", *field.value);
        names_sha = true;
      } else if (field.name == "repo") {
        repository = *field.value;
      } else if (field.name == "commits") {
        std::vector<std::string> commits;
        for (const std::string& item : split(*field.value, ',')) {
          const auto at = item.find('@');
          commits.push_back(
              JsonObject().text("repository", item.substr(0, at)).text("sha", item.substr(at + 1)).json());
        }
        json.set("commits", json_array(commits));
      } else {
        RETURN_IF_ERROR(plain(field, json));
      }
    }
    if (names_sha && repository != "-") json.text("repository", repository);
    json.text("id", id);
    name(EntityKey::of(EntityKind::kDeployment, Origin{"events"}, id), id);
    return {};
  }

  Status commit(const std::string& sha, const std::vector<Field>& fields, JsonObject& json) {
    json.text("sha", sha).time("committed_at", at_).time("authored_at", at_);
    std::string repository{kDefaultRepository};
    for (const Field& field : fields) {
      if (field.name == "repo") {
        repository = *field.value;
      } else if (field.name == "parents") {
        std::vector<std::string> parents;
        for (const std::string& parent : split(*field.value, ',')) {
          if (parent != "none") parents.push_back(json_text(parent));
        }
        json.set("parents", json_array(parents));
      } else {
        RETURN_IF_ERROR(plain(field, json));
      }
    }
    json.text("repository", repository);
    name(commit_key(RepositoryName{repository}, CommitSha{sha}), sha);
    return {};
  }

  Status change(const std::string& number, const std::vector<Field>& fields, JsonObject& json) {
    std::string repository{kDefaultRepository};
    json.text("number", number);
    for (const Field& field : fields) {
      if (field.name == "repo") {
        repository = *field.value;
      } else if (field.name == "labels") {
        std::vector<std::string> labels;
        for (const std::string& label : split(*field.value, ',')) labels.push_back(json_text(label));
        json.set("labels", json_array(labels));
      } else if (field.name == "reviews") {
        RETURN_IF_ERROR(reviews(*field.value, json));
      } else if (field.name == "commits") {
        RETURN_IF_ERROR(listed_commits(*field.value, json));
      } else {
        RETURN_IF_ERROR(plain(field, json));
      }
    }
    json.text("repository", repository);
    name(change_key(RepositoryName{repository}, number), "#" + number);
    return {};
  }

  /// `bob:approved@+2h,ann:commented@+1h`
  Status reviews(const std::string& text, JsonObject& json) {
    std::vector<std::string> items;
    for (const std::string& item : split(text, ',')) {
      const auto colon = item.find(':');
      const auto mark = item.find('@');
      ASSIGN_OR_RETURN(const Instant at, time_of(item.substr(mark + 1), at_));
      JsonObject review;
      review.text("by", item.substr(0, colon)).text("state", item.substr(colon + 1, mark - colon - 1)).time("at", at);
      items.push_back(review.json());
    }
    json.set("reviews", json_array(items));
    return {};
  }

  /// `a1@-3h,a2`
  Status listed_commits(const std::string& text, JsonObject& json) {
    std::vector<std::string> items;
    for (const std::string& item : split(text, ',')) {
      const auto mark = item.find('@');
      JsonObject commit;
      commit.text("sha", item.substr(0, mark));
      if (mark != std::string::npos) {
        ASSIGN_OR_RETURN(const Instant at, time_of(item.substr(mark + 1), at_));
        commit.time("authored_at", at);
      }
      items.push_back(commit.json());
    }
    json.set("commits", json_array(items));
    return {};
  }

  Status incident(const std::string& id, const std::vector<Field>& fields, JsonObject& json) {
    json.text("id", id).text("service", "api");
    bool elsewhere = false;
    for (const Field& field : fields) {
      elsewhere |= field.name == "env";
      if (field.name == "env" && field.value == "-") continue;  // names none
      RETURN_IF_ERROR(plain(field, json));
    }
    if (!elsewhere) json.text("environment", "production");
    name(EntityKey::of(EntityKind::kIncident, Origin{"events"}, id), id);
    return {};
  }

  Status run(const std::string& id, const std::vector<Field>& fields, JsonObject& json) {
    json.text("id", id).text("status", "success").time("finished_at", at_);
    for (const Field& field : fields) RETURN_IF_ERROR(plain(field, json));
    name(EntityKey::of(EntityKind::kDeployment, Origin{"events"}, "run/" + id), id);
    return {};
  }

  /// `report FROM TO [as_of=] [service=a,b] [env=…] [simulated]`; dates are days of the reporting zone.
  Status report(const std::vector<std::string>& words) {
    if (words.size() < 2) return fail(ErrorCode::kInvalid, "a report needs a beginning and an end");
    query_ = {};
    ASSIGN_OR_RETURN(query_.range.from, report_time(words[0]));
    ASSIGN_OR_RETURN(query_.range.to, report_time(words[1]));
    query_.as_of = query_.range.to + Duration::days(365);
    for (std::size_t i = 2; i < words.size(); ++i) {
      const Field field = field_of(words[i]);
      if (field.name == "as_of") {
        ASSIGN_OR_RETURN(query_.as_of, report_time(*field.value));
      } else if (field.name == "service") {
        for (const std::string& service : split(*field.value, ',')) query_.services.emplace_back(service);
      } else if (field.name == "env") {
        for (const std::string& environment : split(*field.value, ',')) query_.environments.emplace_back(environment);
      } else if (field.name == "simulated") {
        query_.simulated = true;
      } else {
        return fail(ErrorCode::kInvalid, "unknown part of a report '{}'", field.name);
      }
    }
    return {};
  }

  Result<Instant> report_time(const std::string& text) {
    if (text.size() == 10) {
      ASSIGN_OR_RETURN(const Day day, parse_day(text));
      return scenario_.policy.zone.start_of(day);
    }
    return time_of(text, {});
  }

  void name(const EntityKey& key, const std::string& text) { scenario_.names[key] = text; }

  Scenario scenario_;
  ReportQuery query_;
  Instant at_;
  std::size_t deployments_ = 0;
};

}  // namespace

EntityKey Scenario::key_of(const std::string& name) const {
  for (const auto& [key, known] : names) {
    if (known == name) return key;
  }
  return {};
}

Result<Scenario> parse_scenario(std::string_view text) {
  return Parser().parse(text);
}

Result<Duration> parse_length(std::string_view text) {
  const std::string_view whole = text;
  bool negative = false;
  if (text.starts_with('+') || text.starts_with('-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
      number = number * 10 + (text[digits++] - '0');
    const auto unit_end = std::min(text.find_first_of("0123456789", digits), text.size());
    const std::string_view unit = text.substr(digits, unit_end - digits);
    const std::map<std::string_view, std::int64_t> kUnits = {{"ms", 1},        {"s", 1'000},      {"m", 60'000},
                                                             {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}};
    const auto known = kUnits.find(unit);
    if (digits == 0 || known == kUnits.end()) return fail(ErrorCode::kInvalid, "'{}' is no length of time", whole);
    total += number * known->second;
    text.remove_prefix(unit_end);
  }
  return Duration{negative ? -total : total};
}

}  // namespace fairlead::engine::testing
