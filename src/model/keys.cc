#include "model/keys.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace fairlead {
namespace {

constexpr std::pair<EntityKind, std::string_view> kKindNames[] = {
    {EntityKind::kRun, "run"},       {EntityKind::kTask, "task"},     {EntityKind::kDeployment, "deployment"},
    {EntityKind::kChange, "change"}, {EntityKind::kCommit, "commit"}, {EntityKind::kIncident, "incident"},
    {EntityKind::kAlert, "alert"},   {EntityKind::kCanary, "canary"}, {EntityKind::kTarget, "target"},
};

/// The length, in four bytes, least significant first, keeps ("ab", "c") and ("a", "bc") apart.
void append_part(std::string& out, std::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(size >> shift & 0xFF));
  out.append(part);
}

}  // namespace

std::string_view to_string(EntityKind kind) {
  const auto* const found = std::ranges::find(kKindNames, kind, &std::pair<EntityKind, std::string_view>::first);
  return found != std::end(kKindNames) ? found->second : "unknown";
}

Result<EntityKind> parse_entity_kind(std::string_view text) {
  const auto* const found = std::ranges::find(kKindNames, text, &std::pair<EntityKind, std::string_view>::second);
  if (found == std::end(kKindNames)) return fail(ErrorCode::kInvalid, "'{}' is no kind of entity", text.substr(0, 64));
  return found->first;
}

EntityKey EntityKey::of(EntityKind kind, const Origin& origin, std::string_view id) {
  std::string parts;
  parts.reserve(9 + origin.text.size() + id.size());
  parts.push_back(static_cast<char>(kind));
  append_part(parts, origin.text);
  append_part(parts, id);
  const Sha256 digest = sha256(parts);
  EntityKey key;
  std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

std::string EntityKey::hex() const {
  return to_hex(view());
}

Result<EntityKey> EntityKey::from_hex(std::string_view text) {
  const std::string decoded = fairlead::from_hex(text);
  EntityKey key;
  if (decoded.size() != key.bytes.size()) {
    return fail(ErrorCode::kInvalid, "'{}' is no key; keys are {} hexadecimal digits", text.substr(0, 64),
                key.bytes.size() * 2);
  }
  std::ranges::copy(decoded, key.bytes.begin());
  return key;
}

EntityKey commit_key(const RepositoryName& repository, const CommitSha& sha) {
  return EntityKey::of(EntityKind::kCommit, Origin{repository.text}, sha.text);
}

EntityKey change_key(const RepositoryName& repository, std::string_view number) {
  return EntityKey::of(EntityKind::kChange, Origin{repository.text}, number);
}

}  // namespace fairlead
