#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/data_folder.h"
#include "base/result.h"
#include "store/store.h"

namespace fairlead::app {

/// Where a journal lies.
struct JournalAddress {
  std::filesystem::path folder;  ///< The data folder, which at most one process holds; absolute.

  /// For people.
  std::string text() const { return "sqlite:" + folder.string(); }
  /// How a server is started on it.
  std::string serve_hint() const { return "fairlead serve --data " + folder.string(); }
};

/// `sqlite` (the journal in `data`) or `sqlite:DIR`. kInvalid says what to write.
Result<JournalAddress> parse_journal_address(std::string_view text, const std::filesystem::path& data);

/// A journal and what keeps others away from it.
struct OpenJournal {
  DataFolder folder;
  std::unique_ptr<store::Journal> journal;
};

/// kConflict: a server holds it. `missing`: whether a folder that is not there is made.
Result<OpenJournal> open_journal(const JournalAddress& address, DataFolder::Missing missing);

}  // namespace fairlead::app
