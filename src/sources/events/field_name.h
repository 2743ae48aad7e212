#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fairlead::sources {

/// Every field name of our event format (docs/events.md). A name's place here is its slot.
inline constexpr auto kFieldNames = std::to_array<std::string_view>({
    "acknowledged_at",
    "actor",
    "approved_at",
    "arm",
    "at",
    "attempt",
    "author",
    "authored_at",
    "base_branch",
    "body",
    "branch",
    "by",
    "canary_id",
    "caused_by_sha",
    "caused_by_version",
    "closed_at",
    "commits",
    "committed_at",
    "cpu",
    "deployer",
    "deployment_id",
    "description",
    "ends_at",
    "environment",
    "errors",
    "failure",
    "fingerprint",
    "finished_at",
    "first_commit_at",
    "first_review_at",
    "head_branch",
    "head_sha",
    "id",
    "kind",
    "labels",
    "latency_ms_buckets",
    "memory",
    "merge_sha",
    "merged_at",
    "message",
    "name",
    "number",
    "offset",
    "opened_at",
    "order",
    "parent",
    "parents",
    "phase",
    "pipeline",
    "queued_at",
    "ref",
    "repository",
    "requests",
    "resolved_at",
    "reverts",
    "reviews",
    "run_id",
    "service",
    "severity",
    "sha",
    "simulated",
    "stable_version",
    "started_at",
    "starts_at",
    "state",
    "status",
    "step",
    "steps",
    "task_id",
    "text",
    "tier",
    "title",
    "trigger",
    "type",
    "updated_at",
    "url",
    "version",
    "weight",
});
inline constexpr std::size_t kFieldCount = kFieldNames.size();

/// A field name that is known to exist: a misspelt one does not compile.
class FieldName {
 public:
  consteval FieldName(const char* text) : slot_(slot_of(text)) {}  // NOLINT: literals convert, that is its use
  constexpr std::size_t slot() const { return slot_; }
  constexpr std::string_view text() const { return kFieldNames[slot_]; }

 private:
  static consteval std::size_t slot_of(std::string_view text) {
    for (std::size_t slot = 0; slot < kFieldCount; ++slot) {
      if (kFieldNames[slot] == text) return slot;
    }
    throw "no such field name";
  }

  std::size_t slot_;
};

inline constexpr std::size_t kNoField = kFieldCount;

/// The slot of `text`, or kNoField. One hash and as a rule one comparison: this runs for every field of every event
/// before it is acknowledged.
std::size_t find_field(std::string_view text);

}  // namespace fairlead::sources
