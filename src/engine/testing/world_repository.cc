#include "engine/testing/world_repository.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/hash.h"

namespace fairlead::engine::testing {

namespace {

const std::vector<std::string> kAuthors = {"ada", "bob", "cyd", "build[bot]"};

WorldEvent own_event(Instant told_at, std::string_view type) {
  WorldEvent event;
  event.told_at = told_at;
  event.body.text("type", type).time("updated_at", told_at);
  return event;
}

std::string shas_json(const std::vector<WorldCommit>& commits, const std::vector<std::size_t>& indices) {
  std::vector<std::string> shas;
  for (const std::size_t i : indices) shas.push_back(json_text(commits[i].sha));
  return json_array(shas);
}

}  // namespace

WorldRepository::WorldRepository(std::string path, int commits, Dice& dice)
    : path_(std::move(path)), name_("github.com/" + path_) {
  main_.push_back(commit({}, "begin", "main"));
  while (commits_.size() < static_cast<std::size_t>(commits)) grow(dice);
}

std::size_t WorldRepository::commit(std::vector<std::size_t> parents, std::string message, const std::string& branch) {
  const std::string seed = fmt::format("{} {}", path_, commits_.size());
  commits_.push_back(
      {to_hex(bytes_of(sha256(seed))).substr(0, 40), std::move(parents), now_, std::move(message), branch});
  return commits_.size() - 1;
}

void WorldRepository::grow(Dice& dice) {
  now_ = now_ + Duration::millis(kWorldTick.ms * dice.between(0, 72));
  const std::size_t action = dice.below(100);
  if (action < 35) {
    main_.push_back(commit({main_.back()}, dice.chance(25) ? revert_message(dice) : "work on main", "main"));
  } else if (action < 70 || open_.empty()) {
    grow_branch(dice);
  } else if (action < 97) {
    merge_branch(dice);
  } else {
    // A history that was grafted on: a second root, merged at once.
    const std::size_t root = commit({}, "another beginning", "main");
    main_.push_back(commit({main_.back(), root}, "Merge the other history", "main"));
  }
}

void WorldRepository::grow_branch(Dice& dice) {
  if (open_.empty() || dice.chance(40)) {
    WorldChange change;
    change.number = fmt::format("{}", changes_.size() + 1);
    change.branch = (dice.chance(15) ? "hotfix/" : "topic/") + change.number;
    change.title = "Topic " + change.number;
    change.opened_at = now_;
    if (dice.chance(15)) change.reverts = commits_[dice.pick(main_)].sha;
    changes_.push_back(std::move(change));
    open_.push_back(changes_.size() - 1);
  }
  WorldChange& change = changes_[dice.pick(open_)];
  const std::size_t parent = change.commits.empty() ? dice.pick(main_) : change.commits.back();
  change.commits.push_back(commit({parent}, dice.chance(15) ? revert_message(dice) : "work on a topic", change.branch));
}

void WorldRepository::merge_branch(Dice& dice) {
  const std::size_t which = dice.below(open_.size());
  WorldChange& change = changes_[open_[which]];
  if (change.commits.empty()) return;
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
  const std::size_t action = dice.below(3);
  if (action == 0) {
    change.merge = commit({main_.back(), change.commits.back()},
                          fmt::format("Merge pull request #{} from acme/{}", change.number, change.branch), "main");
  } else if (action == 1) {
    change.merge = commit({main_.back()}, fmt::format("{} (#{})", change.title, change.number), "main");
  } else {
    change.merge = commit({main_.back(), change.commits.back()}, "Merge branch", "main");
  }
  main_.push_back(*change.merge);
}

std::string WorldRepository::revert_message(Dice& dice) const {
  return fmt::format("Revert \"work\"\n\nThis reverts commit {}.", commits_[dice.below(commits_.size())].sha);
}

std::size_t WorldRepository::main_at(Instant at) const {
  std::size_t newest = main_.front();
  for (const std::size_t i : main_) {
    if (commits_[i].at <= at) newest = i;
  }
  return newest;
}

void WorldRepository::tell(std::vector<WorldEvent>& events, Dice& dice) const {
  const std::size_t way = dice.below(3);
  if (way != 1) tell_commits(events, dice);
  if (way != 0) tell_pushes(events, dice);
  for (const WorldChange& change : changes_) {
    if (dice.chance(10)) continue;
    if (dice.chance(50)) {
      tell_change(change, events, dice);
    } else {
      tell_pull_request(change, events, dice);
    }
  }
}

/// Some commits are never told, some without parents, some with too few of them and rightly only later.
void WorldRepository::tell_commits(std::vector<WorldEvent>& events, Dice& dice) const {
  for (const WorldCommit& commit : commits_) {
    if (dice.chance(8)) continue;
    WorldEvent event = own_event(commit.at, "commit");
    event.body.text("repository", name_).text("sha", commit.sha).text("message", commit.message);
    event.body.text("author", dice.pick(kAuthors)).text("branch", commit.branch);
    event.body.time("authored_at", commit.at - Duration::millis(kWorldTick.ms * dice.between(0, 30)));
    event.body.time("committed_at", commit.at);
    const std::size_t told = dice.below(100);
    const bool half = commit.parents.size() > 1 && told >= 40;
    if (half) {
      event.body.set("parents", shas_json(commits_, {commit.parents[dice.below(2)]}));
    } else if (told < 85) {
      event.body.set("parents", shas_json(commits_, commit.parents));
    }
    events.push_back(event);
    if (!half && told < 85 && dice.chance(90)) continue;
    const Instant later = commit.at + Duration::millis(kWorldTick.ms * dice.between(1, 600));
    WorldEvent again = own_event(later, "commit");
    again.body.text("repository", name_).text("sha", commit.sha);
    again.body.set("parents", shas_json(commits_, commit.parents));
    if (dice.chance(30)) again.body.text("message", commit.message + " (reworded)");
    if (dice.chance(30)) again.body.time("authored_at", commit.at - Duration::hours(1));
    events.push_back(std::move(again));
  }
}

/// Pushes of the main branch, each of one or more of its heads, and some of topic branches.
void WorldRepository::tell_pushes(std::vector<WorldEvent>& events, Dice& dice) const {
  std::set<std::size_t> told;
  std::optional<std::size_t> before;
  const auto push = [&](std::size_t after, const std::string& branch, bool created) {
    std::vector<std::string> listed;
    for (const std::size_t i : reached(after)) {
      if (!told.insert(i).second) continue;
      JsonObject commit;
      commit.text("id", commits_[i].sha).text("message", commits_[i].message).time("timestamp", commits_[i].at);
      commit.set("author", JsonObject().text("username", dice.pick(kAuthors)).json());
      // A large push lists its newest commits only.
      if (i == after || !dice.chance(15)) listed.push_back(commit.json());
    }
    WorldEvent event;
    event.told_at = commits_[after].at;
    event.github = "push";
    event.body.text("ref", "refs/heads/" + branch).text("after", commits_[after].sha);
    event.body.text("before", before ? commits_[*before].sha : std::string(40, '0'));
    event.body.set("created", created ? "true" : "false").set("forced", dice.chance(5) ? "true" : "false");
    event.body.set("deleted", "false").set("repository", repository_json().json());
    event.body.set("commits", json_array(listed));
    if (!dice.chance(5)) events.push_back(std::move(event));
  };
  for (const std::size_t head : main_) {
    if (head != main_.back() && dice.chance(40)) continue;
    push(head, "main", !before);
    before = head;
  }
  for (const WorldChange& change : changes_) {
    if (!change.commits.empty() && dice.chance(30)) push(change.commits.back(), change.branch, dice.chance(70));
  }
}

void WorldRepository::tell_change(const WorldChange& change, std::vector<WorldEvent>& events, Dice& dice) const {
  const auto begin = [&](Instant at) {
    WorldEvent event = own_event(at, "change");
    event.body.text("repository", name_).text("number", change.number);
    return event;
  };
  std::vector<std::string> listed;
  for (const std::size_t i : change.commits) {
    JsonObject commit;
    commit.text("sha", commits_[i].sha).time("authored_at", commits_[i].at - Duration::hours(1));
    listed.push_back(commit.json());
  }
  WorldEvent opened = begin(change.opened_at);
  opened.body.text("title", change.title).text("author", dice.pick(kAuthors)).time("opened_at", change.opened_at);
  opened.body.set("merged_at", "null").text("head_branch", change.branch);
  if (!change.reverts.empty()) opened.body.text("reverts", change.reverts);
  if (dice.chance(20)) opened.body.set("labels", R"(["hotfix"])");
  if (dice.chance(70)) opened.body.set("commits", json_array(listed));
  if (!change.commits.empty()) opened.body.text("head_sha", commits_[change.commits.back()].sha);
  events.push_back(std::move(opened));

  Instant at = change.opened_at + kWorldTick;
  if (dice.chance(60)) {
    WorldEvent reviewed = begin(at);
    JsonObject review;
    review.time("at", at).text("by", dice.pick(kAuthors)).text("state", dice.chance(70) ? "approved" : "commented");
    reviewed.body.set("reviews", json_array({review.json()}));
    events.push_back(std::move(reviewed));
  }
  if (!change.merge) return;
  WorldEvent merged = begin(commits_[*change.merge].at);
  merged.body.time("merged_at", commits_[*change.merge].at);
  if (dice.chance(80)) merged.body.text("merge_sha", commits_[*change.merge].sha);
  if (dice.chance(20)) merged.body.time("first_commit_at", change.opened_at - Duration::hours(3));
  events.push_back(std::move(merged));
  if (!dice.chance(15)) return;
  WorldEvent corrected = begin(commits_[*change.merge].at + Duration::days(1));
  corrected.body.text("merge_sha", commits_[dice.pick(main_)].sha).text("title", change.title + " again");
  events.push_back(std::move(corrected));
}

void WorldRepository::tell_pull_request(const WorldChange& change, std::vector<WorldEvent>& events, Dice& dice) const {
  const auto tell = [&](Instant at, const char* action, bool merged) {
    JsonObject pull;
    pull.set("number", change.number).text("title", change.title).time("created_at", change.opened_at);
    pull.time("updated_at", at).set("user", JsonObject().text("login", "ada").json());
    pull.set("merged_at", merged ? json_time(commits_[*change.merge].at) : "null");
    pull.set("closed_at", merged ? json_time(commits_[*change.merge].at) : "null");
    if (merged) pull.text("merge_commit_sha", commits_[*change.merge].sha);
    JsonObject head;
    head.text("ref", change.branch);
    if (!change.commits.empty()) head.text("sha", commits_[change.commits.back()].sha);
    pull.set("head", head.json()).set("base", JsonObject().text("ref", "main").json()).set("labels", "[]");
    WorldEvent event;
    event.told_at = at;
    event.github = "pull_request";
    event.body.text("action", action).set("number", change.number).set("pull_request", pull.json());
    event.body.set("repository", repository_json().json());
    return event;
  };
  events.push_back(tell(change.opened_at, "opened", false));
  if (dice.chance(50)) {
    const Instant at = change.opened_at + kWorldTick;
    WorldEvent review = tell(at, "submitted", false);
    review.github = "pull_request_review";
    JsonObject body;
    body.text("state", "approved").time("submitted_at", at).set("user", JsonObject().text("login", "bob").json());
    review.body.set("review", body.json());
    events.push_back(std::move(review));
  }
  if (change.merge) events.push_back(tell(commits_[*change.merge].at, "closed", true));
}

/// Everything that `from` reaches, itself included, oldest first.
std::vector<std::size_t> WorldRepository::reached(std::size_t from) const {
  std::set<std::size_t> seen;
  std::vector<std::size_t> todo = {from};
  while (!todo.empty()) {
    const std::size_t i = todo.back();
    todo.pop_back();
    if (!seen.insert(i).second) continue;
    todo.insert(todo.end(), commits_[i].parents.begin(), commits_[i].parents.end());
  }
  return {seen.begin(), seen.end()};
}

JsonObject WorldRepository::repository_json() const {
  JsonObject repository;
  repository.text("full_name", path_).text("html_url", "https://github.com/" + path_);
  repository.text("clone_url", "https://github.com/" + path_ + ".git");
  return repository;
}

}  // namespace fairlead::engine::testing
