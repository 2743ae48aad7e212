#include "import/history_events.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json_text.h"
#include "base/limits.h"
#include "base/time.h"

namespace fairlead::imports {
namespace {

void append_text(std::string& out, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
  append_json_string(out, value);
}

void append_time(std::string& out, std::string_view name, std::optional<std::int64_t> epoch) {
  if (!epoch || !plausible_seconds(*epoch)) return;
  append_text(out, name, format_time(Instant{*epoch * 1000}));
}

/// Names of people are bytes of any kind; a name in an event is at most 512 bytes of clean text.
std::string clean_name(std::string_view text) {
  std::string name = clean_utf8(text, limits::kNameBytesMax);
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return name;
}

bool body_matters(std::string_view body) {
  return body.find("This reverts commit") != body.npos || body.find("See merge request") != body.npos;
}

}  // namespace

bool plausible_seconds(std::int64_t epoch) {
  return epoch >= 0 && epoch < kPlausibleTo.ms / 1000;
}

void append_commit_event(std::string& out, const HistoryNames& names, const git::Commit& commit) {
  out += R"({"type":"commit")";
  append_text(out, "repository", names.repository.text);
  append_text(out, "sha", commit.sha);
  out += ",\"parents\":[";
  for (std::size_t i = 0; i < commit.parents.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, commit.parents[i]);
  }
  out += ']';
  append_time(out, "authored_at", commit.authored_at);
  append_time(out, "committed_at", commit.committed_at);
  if (!commit.author.empty()) append_text(out, "author", clean_name(commit.author));
  std::string message = commit.subject;
  if (body_matters(commit.body)) message.append("\n\n").append(commit.body);
  append_text(out, "message", clean_utf8(message, limits::kTextBytesMax));
  out += "}\n";
}

void append_release_event(std::string& out, const HistoryNames& names, const git::Tag& tag, std::int64_t released_at) {
  out += R"({"type":"deployment")";
  // A service that was named here is a view of its own on the repository: its releases are others.
  const std::string scope = names.service.empty() ? names.repository.text : names.service;
  append_text(out, "id", fmt::format("{}@{}", scope, tag.name));
  if (!names.service.empty()) append_text(out, "service", names.service);
  append_text(out, "environment", names.environment);
  append_text(out, "tier", "production");
  append_text(out, "version", tag.name);
  append_text(out, "repository", names.repository.text);
  append_text(out, "sha", tag.sha);
  append_text(out, "ref", tag.name);
  append_text(out, "status", "success");
  append_time(out, "finished_at", released_at);
  out += "}\n";
}

}  // namespace fairlead::imports
