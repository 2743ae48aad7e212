#include <algorithm>

#include "sources/github/github_event.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return lower(c); });
  return text;
}

std::vector<std::string> labels_of(JsonView issue) {
  std::vector<std::string> labels;
  issue["labels"].for_each([&](JsonView label) { labels.push_back(lower(label["name"].name())); });
  return labels;
}

/// GitHub's labels are equal without case.
bool is_incident(const std::vector<std::string>& labels, const Policy& policy) {
  return std::ranges::any_of(policy.incident_labels, [&](const std::string& wanted) {
    return std::ranges::find(labels, lower(wanted)) != labels.end();
  });
}

/// The last word of a label: `critical`, `severity:high`, `severity/low`. The gravest counts.
std::optional<Severity> severity_of(const std::vector<std::string>& labels) {
  std::optional<Severity> gravest;
  for (const std::string& label : labels) {
    const auto cut = label.find_last_of(":/ -");
    const auto severity = parse_severity(cut == std::string::npos ? label : label.substr(cut + 1));
    gravest = std::max(gravest, severity);
  }
  return gravest;
}

}  // namespace

void read_issues(GithubEvent& event) {
  const JsonView issue = event.payload["issue"];
  const std::string id = issue["id"].id();
  if (id.empty()) return event.quarantine("\"issue\" has no id");
  if (event.action() == "deleted" || event.action() == "transferred") {
    return event.ignore(fmt::format("the issue was {}", event.action()));
  }
  const std::vector<std::string> labels = labels_of(issue);
  if (!is_incident(labels, event.policy)) return event.ignore("the issue has no label of an incident");

  const auto opened_at = issue["created_at"].time();
  const auto closed_at = issue["closed_at"].time();
  const auto updated_at = issue["updated_at"].time();
  const auto said_at = updated_at ? updated_at : latest_of({opened_at, closed_at});
  const Stamp stamp{0, said_at.value_or(event.delivery.received_at)};
  Incident out;
  out.identity = {event.origin, "issue/" + id};
  put(out.severity, stamp, severity_of(labels));
  put(out.title, stamp, issue["title"].long_text());
  put(out.opened_at, stamp, opened_at);
  const std::string_view state = issue["state"].text();
  if (state == "closed") {
    out.resolved_at = {stamp, closed_at ? closed_at : updated_at};
  } else if (state == "open") {
    // A reopened issue may still carry the time of its former closing.
    out.resolved_at = {stamp, std::nullopt};
  } else if (!state.empty()) {
    event.count_unknown("state", state);
  }
  put(out.repository, stamp, event.repository);
  put(out.url, stamp, issue["html_url"].url());
  event.add(std::move(out));
}

}  // namespace fairlead::sources
