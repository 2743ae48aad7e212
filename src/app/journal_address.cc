#include "app/journal_address.h"

#include "app/stores.h"

namespace fairlead::app {
namespace {

/// One name for one folder, so that a later command finds it to be the same.
JournalAddress in_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::weakly_canonical(std::filesystem::absolute(folder), error);
  return {error ? folder : whole, {}};
}

/// The address less user, password and whatever else says nothing about the place.
std::string place_of(std::string_view uri) {
  uri.remove_prefix(uri.find("://") + 3);
  const std::string_view query = uri.substr(std::min(uri.find('?'), uri.size()));
  uri.remove_suffix(query.size());
  const std::string_view path = uri.substr(std::min(uri.find('/'), uri.size()));
  std::string_view hosts = uri.substr(0, uri.size() - path.size());
  hosts.remove_prefix(hosts.rfind('@') + 1);  // npos + 1 is 0
  std::string place = fmt::format("postgres://{}{}", hosts, path);
  char separator = '?';
  for (std::size_t at = 1; at < query.size();) {
    const std::string_view option = query.substr(at, std::min(query.find('&', at), query.size()) - at);
    at += option.size() + 1;
    if (!option.starts_with("host=") && !option.starts_with("port=") && !option.starts_with("dbname=")) continue;
    place += fmt::format("{}{}", separator, option);
    separator = '&';
  }
  return place;
}

/// An empty journal in a mistyped folder would look like a good one.
Status check_is_there(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / "journal.db", ignored)) return {};
  return fail(ErrorCode::kNotFound, "there is no journal in {}: name the folder that the server uses", folder.string());
}

}  // namespace

std::string JournalAddress::text() const {
  return uri.empty() ? "sqlite:" + folder.string() : place_of(uri);
}

std::string JournalAddress::serve_hint() const {
  if (uri.empty()) return "fairlead serve --data " + folder.string();
  return "fairlead serve --store with this address";
}

Result<JournalAddress> parse_journal_address(std::string_view text, const std::filesystem::path& data) {
  constexpr std::string_view kHere = "sqlite";
  constexpr std::string_view kFolder = "sqlite:";
  if (text == kHere && !data.empty()) return in_folder(data);
  if (text.starts_with(kFolder) && text.size() > kFolder.size()) return in_folder(text.substr(kFolder.size()));
  if (is_postgres(text)) return JournalAddress{{}, std::string(text)};
  // The text is not repeated: an address with a typing error may hold a password.
  return fail(ErrorCode::kInvalid, "this is no store: write sqlite:DIR or postgres://USER@HOST/DATABASE");
}

Result<OpenJournal> open_journal(const JournalAddress& address, DataFolder::Missing missing) {
  OpenJournal opened;
  if (address.uri.empty()) {
    ASSIGN_OR_RETURN(opened.folder, DataFolder::hold(address.folder, missing));
    if (missing == DataFolder::Missing::kRefuse) RETURN_IF_ERROR(check_is_there(address.folder));
  }
  ASSIGN_OR_RETURN(opened.journal, open_journal(address.store(), address.folder));
  return opened;
}

}  // namespace fairlead::app
