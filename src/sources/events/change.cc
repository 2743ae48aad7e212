#include "model/mentions.h"
#include "sources/events/event_types.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

constexpr std::size_t kReviewsMax = 1'000;
constexpr std::size_t kLabelsMax = 1'000;

std::optional<ReviewState> parse_review_state(std::string_view word) {
  for (const auto state :
       {ReviewState::kCommented, ReviewState::kApproved, ReviewState::kChangesRequested, ReviewState::kDismissed}) {
    if (word == to_string(state)) return state;
  }
  return std::nullopt;
}

void read_reviews(EventFields& in, EventSink* sink, std::set<Review>& reviews) {
  in.each_object("reviews", kReviewsMax, [&](EventFields& item) {
    item.require("at", "when the review was given");
    const auto at = item.time("at");
    const std::string_view by = item.name("by");
    const std::string_view word = item.name("state");
    if (item.failed() || sink == nullptr) return;
    const auto state = parse_review_state(word);
    if (!state && !word.empty()) sink->count_unknown("change.reviews.state", word);
    reviews.insert({*at, std::string(by), state.value_or(ReviewState::kCommented)});
  });
  const auto first_review_at = in.time("first_review_at");
  const auto approved_at = in.time("approved_at");
  if (first_review_at) reviews.insert({*first_review_at, "", ReviewState::kCommented});
  if (approved_at) reviews.insert({*approved_at, "", ReviewState::kApproved});
}

void read_listed_commits(EventFields& in, bool keep, std::set<ListedCommit>& commits) {
  in.each_object("commits", limits::kCommitsPerEventMax, [&](EventFields& item) {
    item.require("sha", "the commit's id");
    const std::string_view sha = item.sha("sha");
    const auto authored_at = item.time("authored_at");
    const std::string_view message = item.text("message");
    if (keep && !sha.empty()) commits.insert({CommitSha{sha}, authored_at, cut_text(message)});
  });
}

}  // namespace

void read_change(EventFields& in, EventSink* sink) {
  const RepositoryName repository = in.repository("repository");
  const IdText number = in.id("number");
  const std::string_view service = in.name("service");
  const std::string_view title = in.text("title");
  const std::string_view body = in.text("body");
  const std::string_view author = in.name("author");
  const std::string_view base_branch = in.name("base_branch");
  const std::string_view head_branch = in.name("head_branch");
  const auto opened_at = in.time("opened_at");
  const auto first_commit_at = in.time("first_commit_at");
  std::set<Review> reviews;
  read_reviews(in, sink, reviews);
  const auto merged_at = in.time("merged_at");
  const auto closed_at = in.time("closed_at");
  const std::string_view merge_sha = in.sha("merge_sha");
  const std::string_view head_sha = in.sha("head_sha");
  std::vector<std::string> labels;
  in.each_name("labels", kLabelsMax, [&](std::string_view label) {
    if (sink != nullptr) labels.emplace_back(label);
  });
  std::set<ListedCommit> commits;
  read_listed_commits(in, sink != nullptr, commits);
  const std::string_view reverts = in.sha("reverts");
  const std::string_view url = in.url("url");
  const bool simulated = in.flag("simulated");
  if (!in.failed() && repository.empty()) {
    in.reject("\"repository\" is missing: where the change is, for example \"github.com/acme/api\"");
  }
  if (number.empty()) in.reject("\"number\" is missing: the number of the pull or merge request");
  if (in.failed() || sink == nullptr) return;

  const Stamp stamp = in.stamp(0, sink->delivery);
  Change out;
  out.identity = {Origin{repository.text}, std::string(number.view())};
  put(out.service, stamp, service);
  put(out.title, stamp, cut_text(title));
  put(out.author, stamp, author);
  put(out.base_branch, stamp, base_branch);
  put(out.head_branch, stamp, head_branch);
  put(out.opened_at, stamp, opened_at);
  put(out.first_commit_at, stamp, first_commit_at);
  out.reviews = std::move(reviews);
  put(out.merged_at, stamp, known_or_none(in, "merged_at", merged_at));
  put(out.closed_at, stamp, known_or_none(in, "closed_at", closed_at));
  put(out.merge_sha, stamp, merge_sha);
  put(out.head_sha, stamp, head_sha);
  if (in.has("labels")) out.labels = {stamp, std::move(labels)};
  out.commits = std::move(commits);
  put(out.reverts, stamp, reverts);
  for (const std::string_view text : {title, body}) {
    if (!out.reverts) put(out.reverts, stamp, reverted_sha(text));
  }
  put(out.url, stamp, url);
  put_simulated(out.simulated, stamp, simulated);
  sink->add(std::move(out));
}

}  // namespace fairlead::sources
