#pragma once

// What the frames of a backup hold, in the forms of docs/formats.md.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "model/wire.h"
#include "store/backup/journal_visitor.h"

namespace fairlead::store::backup {

/// What the last frame says of all before it.
struct End {
  std::vector<std::uint64_t> deliveries;  ///< Per lane.
  std::uint64_t tokens = 0;
  std::uint64_t users = 0;
  std::uint64_t audit = 0;
  std::string sha256;  ///< 32 bytes, over every byte of the file before this frame.
  friend bool operator==(const End&, const End&) = default;
};

void put_extent(wire::Writer& out, const JournalExtent& extent);
/// What a frame of deliveries begins with; they follow as delivery_wire.h writes them.
void put_place(wire::Writer& out, JournalPosition first);
void put(wire::Writer& out, const TokenRow& token);
void put(wire::Writer& out, const UserRow& user);
void put(wire::Writer& out, const AuditRow& row);
void put_end(wire::Writer& out, const End& end);

// Each takes the whole content of a frame; nothing where the bytes are not what the functions above write.
std::optional<JournalExtent> extent_in(std::string_view plain);
std::optional<std::vector<JournalRow>> deliveries_in(std::string_view plain);
std::optional<std::vector<TokenRow>> tokens_in(std::string_view plain);
std::optional<std::vector<UserRow>> users_in(std::string_view plain);
std::optional<std::vector<AuditRow>> audit_in(std::string_view plain);
std::optional<End> end_in(std::string_view plain);

}  // namespace fairlead::store::backup
