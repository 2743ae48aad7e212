#include "simulate/development.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "simulate/event_text.h"

namespace fairlead::simulate {
namespace {

constexpr std::array<Job, 4> kMainJobs = {
    {{"compile", 25}, {"unit tests", 30}, {"integration tests", 35}, {"package", 10}}};
constexpr std::array<Job, 3> kChangeJobs = {{{"compile", 30}, {"lint", 10}, {"unit tests", 60}}};

constexpr std::array kVerbs = {"Speed up", "Simplify", "Add",  "Rework",   "Cache",
                               "Validate", "Log",      "Test", "Document", "Retry"};
constexpr std::array kThings = {"the request handler", "price rounding",   "pagination",       "the session store",
                                "error messages",      "the start page",   "address input",    "timeouts of calls",
                                "the nightly export",  "feature switches", "currency formats", "the health check",
                                "connection reuse",    "the audit trail",  "image sizes",      "the search index"};
constexpr std::array kLibraries = {"the JSON parser", "the HTTP client", "the test framework", "the database driver"};
constexpr std::string_view kBot = "update-bot[bot]";

constexpr Duration kMinute = Duration::seconds(60);

}  // namespace

Development::Development(const Character& character, std::uint64_t seed, Instant founded_at, Agenda& agenda,
                         Voice& voice, Built built)
    : character_(character),
      repository_(fmt::format("git.example/shop/{}", character.service)),
      seed_(seed),
      calendar_(founded_at),
      dice_(seed, fmt::format("{} development", character.service)),
      agenda_(agenda),
      voice_(voice),
      pipelines_(character.service, repository_, Dice(seed, fmt::format("{} pipelines", character.service)), voice),
      built_(std::move(built)),
      last_number_(character.major * 100) {}

void Development::begin(Instant at) {
  Change first;
  first.author = character_.people[0];
  first.smooth = true;
  head_ = next_sha();
  voice_.say(at, fmt::format("{}/first", character_.service),
             commit_text(at, {head_, {}, at, "Begin"}, first.author, "main", {}));
  build(at, head_, first);
  open_next(at);
}

void Development::open_next(Instant at) {
  const Duration gap = character_.between_changes;
  const Instant next = at + dice_.skewed(Duration::millis(gap.ms / 4), Duration::millis(gap.ms * 5 / 2));
  const Instant when = calendar_.at_work(next) ? next : calendar_.next_work(next) + dice_.even({}, gap);
  agenda_.at(when, [this](Instant now) {
    Change change = sketch(now, dice_.skewed(character_.coding.low, character_.coding.high));
    const auto at_work = [&](Instant then) {
      return calendar_.at_work(then) ? then : calendar_.next_work(then) + dice_.even({}, Duration::hours(3));
    };
    change.reviewed_at = at_work(now + dice_.skewed(character_.pickup.low, character_.pickup.high));
    change.approved_at = at_work(change.reviewed_at + dice_.skewed(character_.review.low, character_.review.high));
    change.merged_at = change.approved_at + dice_.skewed(kMinute, Duration::hours(1));
    change.asked_for_more = dice_.chance(30);
    open(std::move(change));
    open_next(now);
  });
}

void Development::arrange(Instant opened_at, Instant merged_at) {
  agenda_.at(opened_at, [this, merged_at](Instant now) {
    Change change = sketch(now, dice_.skewed(character_.coding.low, character_.coding.high));
    const Duration wait = merged_at - now;
    change.reviewed_at = now + Duration::millis(wait.ms * 2 / 5);
    change.approved_at = now + Duration::millis(wait.ms * 4 / 5);
    change.merged_at = merged_at;
    change.smooth = true;
    open(std::move(change));
  });
}

void Development::urgent(Instant at, UrgentChange urgent, Built built) {
  const Instant opened_at = at + dice_.even(kMinute, Duration::millis(8 * kMinute.ms));
  agenda_.at(opened_at, [this, urgent = std::move(urgent), built = std::move(built)](Instant now) {
    Change change = sketch(now, dice_.even(kMinute, Duration::millis(10 * kMinute.ms)));
    change.author = character_.people[0];
    change.reviewer = character_.people[1];
    change.title = urgent.title;
    change.branch = urgent.branch;
    change.label = urgent.label;
    change.reverts = urgent.reverts;
    change.commits.resize(1);
    change.commits[0].message = urgent.title;
    if (!urgent.reverts.empty())
      change.commits[0].message += fmt::format("\n\nThis reverts commit {}.", urgent.reverts);
    change.reviewed_at = now + dice_.even(kMinute, Duration::millis(5 * kMinute.ms));
    change.approved_at = change.reviewed_at;
    change.merged_at = change.approved_at + dice_.even(Duration::seconds(20), Duration::millis(3 * kMinute.ms));
    change.smooth = true;
    change.built = built;
    open(std::move(change));
  });
}

/// Everything about a change but when others look at it. Its commits are authored during `coding`, before the opening.
Development::Change Development::sketch(Instant opened_at, Duration coding) {
  Change change;
  change.number = ++last_number_;
  const bool bot = dice_.chance(8);
  change.author = bot ? kBot : std::string_view(dice_.pick(character_.people));
  do {
    change.reviewer = dice_.pick(character_.people);
  } while (change.reviewer == change.author);
  change.title = bot ? fmt::format("Update {}", dice_.pick(kLibraries))
                     : fmt::format("{} {}", dice_.pick(kVerbs), dice_.pick(kThings));
  change.branch = fmt::format("{}/{}", bot ? "update" : "topic", change.number);
  change.opened_at = opened_at;
  const auto commits = static_cast<std::size_t>(bot ? 1 : dice_.between(1, 3));
  for (std::size_t i = 0; i < commits; ++i) {
    const Duration before = Duration::seconds(coding.ms * static_cast<std::int64_t>(commits - i) /
                                              static_cast<std::int64_t>(commits) / 1000);
    const std::string& parent = i == 0 ? head_ : change.commits.back().sha;
    change.commits.push_back({next_sha(), parent, opened_at - before, i == 0 ? change.title : "Tidy up"});
  }
  return change;
}

void Development::open(Change change) {
  const std::string beat = fmt::format("{}/change/{}", character_.service, change.number);
  voice_.say_meanwhile(change.opened_at, beat + "/opened", change_text(change.opened_at, change, {}), change.merged_at);
  voice_.say_meanwhile(change.reviewed_at, beat + "/reviewed", change_text(change.reviewed_at, change, {}),
                       change.merged_at);
  const Duration length = Duration::millis(std::min(character_.build.ms, (change.merged_at - change.opened_at).ms) / 3);
  pipelines_.run({.at = change.opened_at + Duration::seconds(3),
                  .pipeline = "review",
                  .branch = change.branch,
                  .sha = change.commits.back().sha,
                  .trigger = "pull_request",
                  .actor = change.author,
                  .length = length,
                  .red_percent = change.smooth ? 0 : character_.red_build_percent,
                  .id = {}},
                 kChangeJobs);
  const Instant merged_at = change.merged_at;
  agenda_.at(merged_at, [this, change = std::move(change)](Instant now) { merge(now, change); });
}

void Development::merge(Instant at, const Change& change) {
  const std::string sha = next_sha();
  std::string body = change_text(at, change, sha);
  for (const Commit& commit : change.commits) {
    body += '\n' + commit_text(at, commit, change.author, change.branch, {commit.parent});
  }
  const Commit merge{sha, head_, at, fmt::format("Merge pull request #{} from {}", change.number, change.branch)};
  body += '\n' + commit_text(at, merge, change.reviewer, "main", {head_, change.commits.back().sha});
  voice_.say(at, fmt::format("{}/change/{}/merged", character_.service, change.number), std::move(body));
  head_ = sha;
  build(at + dice_.even(Duration::seconds(4), Duration::seconds(15)), sha, change);
}

/// A red build is tried once more, and then green: what failed was the test, or the machine.
void Development::build(Instant at, const std::string& sha, const Change& change) {
  const std::size_t number = ++builds_;
  RunRequest request{.at = at,
                     .pipeline = "build",
                     .branch = "main",
                     .sha = sha,
                     .trigger = "push",
                     .actor = change.author,
                     .length = character_.build,
                     .red_percent = change.smooth ? 0 : character_.red_build_percent,
                     .id = {}};
  RunResult run = pipelines_.run(request, kMainJobs);
  if (!run.green) {
    request.at = run.finished_at + dice_.even(kMinute, Duration::millis(20 * kMinute.ms));
    request.trigger = "rerun";
    request.red_percent = 0;
    request.attempt = 2;
    request.id = run.id;
    run = pipelines_.run(request, kMainJobs);
  }
  const Built& built = change.built ? change.built : built_;
  agenda_.at(run.finished_at, [built, ready = Build{number, sha, run.id}](Instant now) { built(now, ready); });
}

std::string Development::change_text(Instant at, const Change& change, const std::string& merge_sha) const {
  Object out = event("change", at);
  out.text("repository", repository_).text("service", character_.service).number("number", change.number);
  out.text("title", change.title).text("author", change.author);
  out.text("base_branch", "main").text("head_branch", change.branch).time("opened_at", change.opened_at);
  out.text("head_sha", change.commits.back().sha);
  if (!change.label.empty()) out.json("labels", text_array(std::array{change.label}));
  if (!change.reverts.empty()) out.text("reverts", change.reverts);
  std::string commits;
  for (const Commit& commit : change.commits) {
    if (!commits.empty()) commits += ',';
    Object one;
    one.text("sha", commit.sha).time("authored_at", commit.authored_at).text("message", commit.message);
    commits += one.str();
  }
  out.json("commits", "[" + commits + "]");
  std::string reviews;
  const auto review = [&](Instant when, std::string_view state) {
    if (when > at) return;
    if (!reviews.empty()) reviews += ',';
    reviews += Object().time("at", when).text("by", change.reviewer).text("state", state).str();
  };
  if (change.asked_for_more)
    review(change.reviewed_at, "changes_requested");
  else if (change.reviewed_at < change.approved_at)
    review(change.reviewed_at, "commented");
  review(change.approved_at, "approved");
  out.json("reviews", "[" + reviews + "]");
  if (!merge_sha.empty()) out.time("merged_at", at).text("merge_sha", merge_sha);
  return out.str();
}

std::string Development::commit_text(Instant at, const Commit& commit, const std::string& author,
                                     const std::string& branch, const std::vector<std::string>& parents) const {
  Object out = event("commit", at);
  out.text("repository", repository_).text("sha", commit.sha).json("parents", text_array(parents));
  out.time("authored_at", commit.authored_at).time("committed_at", commit.authored_at).text("author", author);
  out.text("message", commit.message).text("branch", branch);
  return out.str();
}

std::string Development::next_sha() {
  const Sha256 digest = sha256(fmt::format("{}/{}/{}", seed_, repository_, ++shas_));
  return to_hex(bytes_of(digest).substr(0, 20));
}

}  // namespace fairlead::simulate
