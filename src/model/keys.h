#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/names.h"

namespace fairlead {

/// Stored on disk, append only.
enum class EntityKind : std::uint8_t {
  kRun = 1,
  kTask = 2,
  kDeployment = 3,
  kChange = 4,
  kCommit = 5,
  kIncident = 6,
  kAlert = 7,
  kCanary = 8,
  kTarget = 9,
};

std::string_view to_string(EntityKind kind);  ///< `run`, `task`, `deployment`, …
Result<EntityKind> parse_entity_kind(std::string_view text);

/// The opaque identity of an entity: the first 16 bytes of SHA-256 over (kind, origin, id), each length-prefixed.
/// Orders and compares as bytes; `hex()` is what URLs carry.
struct EntityKey {
  std::array<std::uint8_t, 16> bytes{};

  static EntityKey of(EntityKind kind, const Origin& origin, std::string_view id);
  std::string hex() const;
  static Result<EntityKey> from_hex(std::string_view text);
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  bool empty() const { return *this == EntityKey{}; }

  friend auto operator<=>(const EntityKey&, const EntityKey&) = default;
};

/// Commits are keyed by what they are, so that every source that speaks of one means the same row:
/// origin = the repository, id = the sha. Changes: origin = the repository, id = the number.
EntityKey commit_key(const RepositoryName& repository, const CommitSha& sha);
EntityKey change_key(const RepositoryName& repository, std::string_view number);

}  // namespace fairlead

template <>
struct std::hash<fairlead::EntityKey> {
  std::size_t operator()(const fairlead::EntityKey& key) const {
    std::size_t value;  // the bytes are a hash already
    std::memcpy(&value, key.bytes.data(), sizeof value);
    return value;
  }
};
