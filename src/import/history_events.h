#pragma once

#include <string>
#include <string_view>

#include "git/repository.h"
#include "model/names.h"

namespace fairlead::imports {

/// What every event of one repository's history says alike.
struct HistoryNames {
  RepositoryName repository;
  std::string service;  ///< Empty: the configuration's pattern, else `owner/name`, decides.
  std::string environment = "release";
};

/// A commit as an event of our own format (docs/events.md), with a line end. Of its message the body goes along only
/// where it says what the commit takes back or which change it merges. A time outside the years that events may speak
/// of is left out: unknown, where git is wrong.
void append_commit_event(std::string& out, const HistoryNames& names, const git::Commit& commit);

/// A release tag as a successful production deployment. `released_at` in epoch seconds.
void append_release_event(std::string& out, const HistoryNames& names, const git::Tag& tag, std::int64_t released_at);

/// Whether an event may carry this time.
bool plausible_seconds(std::int64_t epoch);

}  // namespace fairlead::imports
