#include <array>
#include <utility>

#include "model/mentions.h"
#include "sources/github/github_event.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

std::vector<std::string> names_of(JsonView labels) {
  std::vector<std::string> names;
  labels.for_each([&](JsonView label) {
    if (std::string name = label["name"].name(); !name.empty()) names.push_back(std::move(name));
  });
  return names;
}

/// The change that a payload's `pull_request` speaks of; nothing without a number.
std::optional<Change> change_of(const GithubEvent& event) {
  const JsonView pull = event.payload["pull_request"];
  const std::string number = pull["number"].id();
  if (number.empty()) return std::nullopt;

  const auto opened_at = pull["created_at"].time();
  const auto merged_at = pull["merged_at"].time();
  const auto closed_at = pull["closed_at"].time();
  const auto updated_at = pull["updated_at"].time();
  const auto said_at = updated_at ? updated_at : latest_of({opened_at, merged_at, closed_at});
  const Stamp stamp{0, said_at.value_or(event.delivery.received_at)};
  Change out;
  out.identity = {Origin{event.repository.text}, number};
  put(out.title, stamp, pull["title"].long_text());
  put(out.author, stamp, pull["user"]["login"].name());
  put(out.base_branch, stamp, pull["base"]["ref"].name());
  put(out.head_branch, stamp, pull["head"]["ref"].name());
  put(out.opened_at, stamp, opened_at);
  put(out.merged_at, stamp, pull.time_or_none("merged_at"));
  put(out.closed_at, stamp, pull.time_or_none("closed_at"));
  // Of an unmerged pull request it is the sha of a trial merge.
  if (merged_at) put(out.merge_sha, stamp, pull["merge_commit_sha"].sha());
  put(out.head_sha, stamp, pull["head"]["sha"].sha());
  if (pull["labels"].is_array()) out.labels = {stamp, names_of(pull["labels"])};
  for (const std::string_view text : {pull["title"].text(), pull["body"].text()}) {
    if (!out.reverts) put(out.reverts, stamp, reverted_sha(text));
  }
  put(out.url, stamp, pull["html_url"].url());
  return out;
}

std::optional<ReviewState> review_state(GithubEvent& event, std::string_view word) {
  constexpr auto kStates = std::to_array<std::pair<std::string_view, ReviewState>>({
      {"approved", ReviewState::kApproved},
      {"commented", ReviewState::kCommented},
      {"changes_requested", ReviewState::kChangesRequested},
      {"dismissed", ReviewState::kDismissed},
  });
  for (const auto& [known, state] : kStates) {
    if (known == word) return state;
  }
  if (word != "pending") event.count_unknown("review.state", word);
  return std::nullopt;
}

}  // namespace

void read_pull_request(GithubEvent& event) {
  auto change = change_of(event);
  if (!change) return event.quarantine("\"pull_request\" has no number");
  event.add(*std::move(change));
}

void read_pull_request_review(GithubEvent& event) {
  auto change = change_of(event);
  if (!change) return event.quarantine("\"pull_request\" has no number");
  const JsonView review = event.payload["review"];
  const auto state = review_state(event, review["state"].text());
  const auto at = review["submitted_at"].time();
  // A pending review has no time; nobody but its author sees it yet.
  if (state && at) change->reviews.insert({*at, review["user"]["login"].name(), *state});
  event.add(*std::move(change));
}

}  // namespace fairlead::sources
