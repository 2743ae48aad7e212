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

/// Where a journal lies: in a data folder, or in a PostgreSQL database. One of the two is set.
struct JournalAddress {
  std::filesystem::path folder;  ///< Which at most one process holds; absolute.
  std::string uri;               ///< With its password.

  /// As `open_journal` and `open_derived` of stores.h take it.
  std::string store() const { return uri.empty() ? "sqlite" : uri; }

  /// For people, and the same for the same place: never with a password.
  std::string text() const;
  /// How a server is started on it.
  std::string serve_hint() const;
};

/// `sqlite` (the journal in `data`), `sqlite:DIR` or `postgres://…`. kInvalid says what to write.
Result<JournalAddress> parse_journal_address(std::string_view text, const std::filesystem::path& data);

/// A journal and, for one in a folder, what keeps others away from it.
struct OpenJournal {
  std::optional<DataFolder> folder;
  std::unique_ptr<store::Journal> journal;
};

/// kConflict: a server holds its folder. `missing`: whether a folder that is not there is made.
Result<OpenJournal> open_journal(const JournalAddress& address, DataFolder::Missing missing);

}  // namespace fairlead::app
