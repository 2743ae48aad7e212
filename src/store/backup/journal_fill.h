#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/backup/journal_visitor.h"

namespace fairlead::store {

/// Brings what it is shown into a journal that holds nothing yet, or a part of the same from an earlier run, which may
/// have ended at any point. The target's own audit log says which: its first row is a mark of what is being brought in.
/// Everything here can be done again: deliveries are unique by (origin, id), the rest is compared first.
class JournalFill final : public JournalVisitor {
 public:
  /// `mark`: the target's first audit row; its action and subject tell this work from any other.
  JournalFill(Journal& target, AuditRow mark) : target_(target), mark_(std::move(mark)) {}

  /// Before the visit. kConflict: the target holds something else. Writes the mark into an empty target.
  Status prepare();
  /// Whether an earlier run left something, as `prepare` found it.
  bool goes_on() const { return goes_on_; }
  /// Audit rows behind the mark, as `prepare` found them.
  std::uint64_t audit_rows_before() const { return audit_before_.size(); }

  Status extent(const JournalExtent& extent) override;
  Status deliveries(std::span<const JournalRow> rows) override;
  Status audit(std::span<const AuditRow> rows) override;
  Status tokens(std::span<const TokenRow> rows) override;
  Status users(std::span<const UserRow> rows) override;

  /// After the visit: removes users that were not shown, and compares how much the target holds with what was shown.
  Status finish();

  std::uint64_t appended() const { return appended_; }  ///< New deliveries of this run.

 private:
  Result<std::uint64_t> deliveries_there();
  Status plan_skip();
  Status check_joint(const JournalRow& row);
  Status append(std::span<const JournalRow> rows);
  Status check_audit_is_ours() const;

  Journal& target_;
  const AuditRow mark_;
  bool goes_on_ = false;
  std::vector<AuditRow> audit_before_;  ///< Behind the mark, the oldest first.

  JournalExtent extent_;
  bool same_lanes_ = false;
  /// Per lane of what is shown: so many deliveries are there from before.
  std::vector<std::uint64_t> skip_;
  std::uint64_t appended_ = 0;
  std::uint64_t audit_seen_ = 0;
  std::uint64_t tokens_seen_ = 0;
  std::set<std::string, std::less<>> users_seen_;
};

}  // namespace fairlead::store
