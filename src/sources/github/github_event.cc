#include "sources/github/github_event.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_text.h"

namespace fairlead::sources {
namespace {

constexpr std::size_t kQuotedBytesMax = 64;

using StatusWord = std::pair<std::string_view, RunStatus>;

constexpr auto kConclusions = std::to_array<StatusWord>({
    {"success", RunStatus::kSuccess},
    {"neutral", RunStatus::kSuccess},
    {"failure", RunStatus::kFailed},
    {"timed_out", RunStatus::kFailed},
    {"startup_failure", RunStatus::kFailed},
    {"cancelled", RunStatus::kCancelled},
    {"stale", RunStatus::kCancelled},
    {"skipped", RunStatus::kSkipped},
    {"action_required", RunStatus::kQueued},
});

constexpr auto kStatuses = std::to_array<StatusWord>({
    {"requested", RunStatus::kQueued},
    {"queued", RunStatus::kQueued},
    {"waiting", RunStatus::kQueued},
    {"pending", RunStatus::kQueued},
    {"in_progress", RunStatus::kRunning},
});

RunStatus look_up(GithubEvent& event, std::span<const StatusWord> words, std::string_view field, JsonView value) {
  const std::string_view word = value.text();
  const auto found = std::ranges::find(words, word, &StatusWord::first);
  if (found != words.end()) return found->second;
  if (!word.empty()) event.count_unknown(field, word);
  return RunStatus::kUnknown;
}

}  // namespace

void GithubEvent::ignore(std::string reason) {
  out.outcome = Interpretation::Outcome::kIgnored;
  out.reason = std::move(reason);
}

void GithubEvent::quarantine(std::string reason) {
  out.outcome = Interpretation::Outcome::kQuarantined;
  out.reason = std::move(reason);
}

void GithubEvent::count_unknown(std::string_view field, std::string_view value) {
  out.unknown_values.push_back(fmt::format("github {}.{}={}", name, field, clean_utf8(value, kQuotedBytesMax)));
}

RunStatus run_status(GithubEvent& event, JsonView object) {
  if (object["status"].text() == "completed") return look_up(event, kConclusions, "conclusion", object["conclusion"]);
  return look_up(event, kStatuses, "status", object["status"]);
}

std::string workflow_run_id(JsonView id, JsonView attempt) {
  const std::string run = id.id();
  return run.empty() ? run : fmt::format("{}/{}", run, attempt.integer().value_or(1));
}

std::optional<Instant> latest_of(std::initializer_list<std::optional<Instant>> times) {
  return std::max(times);
}

}  // namespace fairlead::sources
