#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace fairlead {

/// Text with a meaning: a ServiceName cannot be passed where a CommitSha is wanted. Empty means unknown or absent.
template <class Tag>
struct Name {
  std::string text;

  Name() = default;
  explicit Name(std::string value) : text(std::move(value)) {}
  explicit Name(std::string_view value) : text(value) {}
  explicit Name(const char* value) : text(value) {}

  bool empty() const { return text.empty(); }
  const std::string& str() const { return text; }
  friend auto operator<=>(const Name&, const Name&) = default;
};

using ServiceName = Name<struct ServiceTag>;
using EnvironmentName = Name<struct EnvironmentTag>;
using TeamName = Name<struct TeamTag>;
/// `host/path`: host in lower case, without scheme, user or `.git`; `file:NAME` where there is no origin.
using RepositoryName = Name<struct RepositoryTag>;
/// Opaque text of 1 to 64 characters.
using CommitSha = Name<struct CommitTag>;
/// The tool's host (`github.com`), else the instance's name; `events` for our own format.
using Origin = Name<struct OriginTag>;
/// Which adapter reads a delivery: `events`, `github`, …
using SourceName = Name<struct SourceTag>;

/// Normalises what users and tools write (URLs of every kind, scp-like `git@host:path.git`, `owner/name` with a default
/// host) to a RepositoryName. Empty where nothing usable is left.
RepositoryName repository_name(std::string_view text, std::string_view default_host = {});

}  // namespace fairlead

template <class Tag>
struct std::hash<fairlead::Name<Tag>> {
  std::size_t operator()(const fairlead::Name<Tag>& name) const { return std::hash<std::string>{}(name.text); }
};
