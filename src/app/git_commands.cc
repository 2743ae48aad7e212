#include "app/git_commands.h"

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <optional>

#include "app/control_client.h"
#include "app/data_folder.h"
#include "app/git_delivery.h"
#include "app/progress.h"
#include "app/stores.h"
#include "base/clock.h"
#include "git/mirror.h"
#include "git/repository.h"
#include "http/outgoing_guard.h"

namespace fairlead::app {
namespace {

/// Reads the repository and hands its events to `send`, with progress on a terminal.
Result<imports::GitImportCounts> send_history(const git::Repository& repository, const GitSource& source,
                                              const imports::SendBatch& send) {
  imports::GitImport what;
  what.release_tags = source.tags;
  ASSIGN_OR_RETURN(what.names, imports::history_names(repository, source.service));
  Progress progress("reading commits");
  std::uint64_t total = 0;
  if (progress.visible()) {
    ASSIGN_OR_RETURN(const auto releases, imports::release_tags(repository, source.tags));
    ASSIGN_OR_RETURN(const auto tips, imports::history_tips(repository, releases));
    ASSIGN_OR_RETURN(total, repository.count_commits(tips));
  }
  return imports::import_git(repository, what, send,
                             [&](const imports::GitImportCounts& counts) { progress(counts.commits, total); });
}

std::string summary_of(const imports::GitImportCounts& counts, const git::Repository& repository,
                       const GitSource& source) {
  std::string text = fmt::format("{} commits and {} releases read", counts.commits, counts.releases);
  text += counts.new_deliveries == 0 ? ": nothing new\n" : "\n";
  for (const std::string& remark : remarks_of(counts, source.tags)) text.append(remark).append("\n");
  if (const auto shallow = repository.shallow(); shallow && *shallow) {
    text += "this clone is shallow: what was cut off is missing; fetch it with `git fetch --unshallow --tags`\n";
  }
  return text;
}

/// What was brought in, and whether what follows from it is still to be derived by others.
struct Imported {
  imports::GitImportCounts counts;
  bool replicas_derive = false;
};

/// The folder, if there is one, is ours: into the journal, and then on into everything that is derived from it.
Result<Imported> import_into_store(const git::Repository& repository, const GitSource& source, const Config& config) {
  const SystemClock clock;
  ASSIGN_OR_RETURN(const auto journal, open_journal(config.store, config.data));
  ASSIGN_OR_RETURN(const auto derived, open_derived(config.store, config.data));
  Imported imported;
  ASSIGN_OR_RETURN(imported.counts, send_history(repository, source, into_journal(*journal, clock)));
  Progress progress("linking");
  ASSIGN_OR_RETURN(const bool complete,
                   derive_all(config.store, *journal, *derived, config.policy, std::ref(progress)));
  imported.replicas_derive = !complete;
  return imported;
}

/// The mirror of a repository elsewhere, brought up to date.
Result<git::Repository> fetched(const git::RemoteUrl& url, const Config& config) {
  if (isatty(STDERR_FILENO) == 1) fmt::print(stderr, "fetching {}\n", url.text());
  return git::fetch_mirror(url, config.git, config.data / "mirrors", http::SystemResolver());
}

/// The server projects while it receives; what it shows when this returns includes everything.
Result<Imported> import_into_server(const git::Repository& repository, const GitSource& source,
                                    const std::filesystem::path& data) {
  const ControlClient server(data);
  ASSIGN_OR_RETURN(const imports::GitImportCounts counts, send_history(repository, source, through_server(server)));
  RETURN_IF_ERROR(server.await_projection());
  return Imported{counts};
}

}  // namespace

std::vector<std::string> remarks_of(const imports::GitImportCounts& counts, const std::string& release_tags) {
  std::vector<std::string> remarks;
  if (counts.skipped_tags > 0) {
    remarks.push_back(
        fmt::format("{} tags left out: their time is unknown or outside 1970 to 2199", counts.skipped_tags));
  }
  if (counts.releases == 0) {
    remarks.push_back(
        fmt::format("no tag is a release by {}: say with `fairlead import git --tags` what your releases "
                    "are called",
                    release_tags));
  }
  return remarks;
}

Result<std::string> import_git_history(const GitSource& source, const Config& config) {
  std::optional<git::RemoteUrl> url;
  std::optional<git::Repository> repository;
  // What can be wrong with the source is said before anything is made.
  if (git::looks_like_url(source.location)) {
    ASSIGN_OR_RETURN(url, git::parse_remote_url(source.location, config.git));
  } else {
    ASSIGN_OR_RETURN(repository, git::Repository::open(source.location));
  }
  // Files, and mirrors of repositories elsewhere, lie in the folder; a database needs none.
  const bool needs_folder = url || !is_postgres(config.store);
  const auto folder =
      DataFolder::hold(config.data, needs_folder ? DataFolder::Missing::kCreate : DataFolder::Missing::kRefuse);
  const bool server_runs = !folder && folder.error().code == ErrorCode::kConflict;
  const bool may_miss = !folder && folder.error().code == ErrorCode::kNotFound && !needs_folder;
  if (!folder && !server_runs && !may_miss) return std::unexpected(folder.error());
  if (url) {
    ASSIGN_OR_RETURN(repository, fetched(*url, config));
  }
  const auto imported = server_runs ? import_into_server(*repository, source, config.data)
                                    : import_into_store(*repository, source, config);
  if (!imported) return std::unexpected(imported.error());
  std::string told = summary_of(imported->counts, *repository, source);
  if (imported->replicas_derive) told += "the replicas on this database derive the numbers from it now\n";
  return told;
}

}  // namespace fairlead::app
