#pragma once

#include <filesystem>
#include <string>

#include "app/journal_address.h"
#include "base/clock.h"
#include "base/result.h"

namespace fairlead::app {

// Each returns what it did, in words.

/// Everything that `from` holds into one file, beside a running server, too.
Result<std::string> back_up(const JournalAddress& from, const std::filesystem::path& file, const Clock& clock);

/// Reads a backup to its end without doing anything with it.
Result<std::string> check_backup(const std::filesystem::path& file);

/// Brings a backup into an empty store, or goes on where an earlier `restore` of the same file was interrupted. The
/// whole file is checked before the first row is written.
Result<std::string> restore_backup(const std::filesystem::path& file, const JournalAddress& to, const Clock& clock);

}  // namespace fairlead::app
