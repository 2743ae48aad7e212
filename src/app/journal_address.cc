#include "app/journal_address.h"

#include "store/sqlite/sqlite_store.h"

namespace fairlead::app {
namespace {

/// One name for one folder, so that a later command finds it to be the same.
JournalAddress in_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::weakly_canonical(folder, error);
  return {error ? folder : whole};
}

}  // namespace

Result<JournalAddress> parse_journal_address(std::string_view text, const std::filesystem::path& data) {
  constexpr std::string_view kHere = "sqlite";
  constexpr std::string_view kFolder = "sqlite:";
  if (text == kHere && !data.empty()) return in_folder(data);
  if (text.starts_with(kFolder) && text.size() > kFolder.size()) return in_folder(text.substr(kFolder.size()));
  return fail(ErrorCode::kInvalid, "'{}' is no store: write sqlite:DIR", text);
}

Result<OpenJournal> open_journal(const JournalAddress& address, DataFolder::Missing missing) {
  ASSIGN_OR_RETURN(DataFolder folder, DataFolder::hold(address.folder, missing));
  // An empty journal in a mistyped folder would look like a good one.
  std::error_code ignored;
  if (missing == DataFolder::Missing::kRefuse && !std::filesystem::exists(folder.path() / "journal.db", ignored)) {
    return fail(ErrorCode::kNotFound, "there is no journal in {}: name the folder that the server uses",
                folder.path().string());
  }
  ASSIGN_OR_RETURN(auto journal, store::open_sqlite_journal(folder.path()));
  return OpenJournal{std::move(folder), std::move(journal)};
}

}  // namespace fairlead::app
