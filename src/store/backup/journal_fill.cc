#include "store/backup/journal_fill.h"

#include <algorithm>

namespace fairlead::store {
namespace {

bool same(const AuditRow& a, const AuditRow& b) {
  return a.at == b.at && a.actor == b.actor && a.action == b.action && a.subject == b.subject;
}

bool same(const Delivery& a, const Delivery& b) {
  return a.source == b.source && a.origin == b.origin && a.id == b.id && a.received_at == b.received_at &&
         a.headers == b.headers && a.body == b.body;
}

bool same(const TokenRow& a, const TokenRow& b) {
  return a.id == b.id && a.secret_hash == b.secret_hash && a.role == b.role && a.name == b.name &&
         a.created_at == b.created_at && a.revoked_at == b.revoked_at;
}

bool same(const UserRow& a, const UserRow& b) {
  return a.name == b.name && a.password_hash == b.password_hash && a.role == b.role && a.created_at == b.created_at;
}

std::unexpected<Error> foreign(std::string_view what) {
  return fail(ErrorCode::kConflict, "the target {}: choose an empty one", what);
}

}  // namespace

Status JournalFill::prepare() {
  ASSIGN_OR_RETURN(const std::uint64_t there, deliveries_there());
  ASSIGN_OR_RETURN(std::vector<AuditRow> audit, target_.audit(SIZE_MAX));
  if (audit.empty()) {
    ASSIGN_OR_RETURN(const std::vector<UserRow> users, target_.users());
    ASSIGN_OR_RETURN(const std::vector<TokenRow> tokens, target_.tokens());
    if (there > 0) return foreign(fmt::format("holds {} deliveries already", there));
    if (!users.empty()) return foreign(fmt::format("has {} users already", users.size()));
    if (!tokens.empty()) return foreign(fmt::format("has {} tokens already", tokens.size()));
    return target_.append_audit(mark_);
  }
  std::ranges::reverse(audit);
  if (audit.front().action != mark_.action || audit.front().subject != mark_.subject) {
    return foreign(fmt::format("is in use already ({} deliveries, first audit row `{}`)", there, audit.front().action));
  }
  goes_on_ = true;
  audit_before_.assign(audit.begin() + 1, audit.end());
  return {};
}

Result<std::uint64_t> JournalFill::deliveries_there() {
  std::uint64_t sum = 0;
  for (std::uint32_t lane = 0; lane < target_.lanes(); ++lane) {
    ASSIGN_OR_RETURN(const std::uint64_t last, target_.last_sequence(lane));
    sum += last;
  }
  return sum;
}

Status JournalFill::extent(const JournalExtent& extent) {
  extent_ = extent;
  same_lanes_ = extent.last_sequences.size() == target_.lanes();
  skip_.assign(extent.last_sequences.size(), 0);
  return plan_skip();
}

/// Appending again what is there would be right, but slow. Deliveries went in in the order in which they are shown, so
/// those that are there are the first ones; `check_joint` makes sure of it.
Status JournalFill::plan_skip() {
  if (same_lanes_) {
    for (std::uint32_t lane = 0; lane < skip_.size(); ++lane) {
      ASSIGN_OR_RETURN(skip_[lane], target_.last_sequence(lane));
    }
  } else if (skip_.size() == 1) {
    ASSIGN_OR_RETURN(skip_[0], deliveries_there());
  }
  for (std::size_t lane = 0; lane < skip_.size(); ++lane) {
    if (skip_[lane] > extent_.last_sequences[lane]) {
      return foreign(fmt::format("holds more deliveries than are to come ({} and {}), so that it was used since",
                                 skip_[lane], extent_.last_sequences[lane]));
    }
  }
  return {};
}

Status JournalFill::deliveries(std::span<const JournalRow> rows) {
  const std::uint64_t skip = skip_[rows.front().position.lane];
  const std::uint64_t first = rows.front().position.sequence;
  if (first <= skip && skip < first + rows.size()) RETURN_IF_ERROR(check_joint(rows[skip - first]));
  const std::uint64_t passed = std::min<std::uint64_t>(rows.size(), skip < first ? 0 : skip - first + 1);
  return append(rows.subspan(passed));
}

/// The last delivery that is there already must be the last one of its lane in the target.
Status JournalFill::check_joint(const JournalRow& row) {
  for (std::uint32_t lane = 0; lane < target_.lanes(); ++lane) {
    if (same_lanes_ && lane != row.position.lane) continue;
    ASSIGN_OR_RETURN(const std::uint64_t last, target_.last_sequence(lane));
    if (last == 0) continue;
    ASSIGN_OR_RETURN(const std::optional<JournalRow> there, target_.row({lane, last}));
    if (there && same(there->delivery, row.delivery)) return {};
  }
  return foreign("holds deliveries that came from somewhere else");
}

Status JournalFill::append(std::span<const JournalRow> rows) {
  if (rows.empty()) return {};
  std::vector<Delivery> batch;
  batch.reserve(rows.size());
  for (const JournalRow& row : rows) batch.push_back(row.delivery);
  ASSIGN_OR_RETURN(const std::vector<Appended> outcomes, target_.append(batch));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const JournalPosition at = rows[i].position;
    if (outcomes[i].outcome == Appended::Outcome::kConflict) {
      return foreign(fmt::format("has another body under the id of delivery {} of lane {}", at.sequence, at.lane));
    }
    if (same_lanes_ && outcomes[i].position != at) {
      return foreign(
          fmt::format("has delivery {} of lane {} at another place, so that it was used since", at.sequence, at.lane));
    }
    if (outcomes[i].outcome == Appended::Outcome::kStored) ++appended_;
  }
  target_.settle();
  return {};
}

Status JournalFill::audit(std::span<const AuditRow> rows) {
  for (const AuditRow& row : rows) {
    if (audit_seen_ < audit_before_.size()) {
      if (!same(audit_before_[audit_seen_], row)) {
        return foreign(fmt::format("was used since (its audit log has `{}`)", audit_before_[audit_seen_].action));
      }
    } else {
      RETURN_IF_ERROR(target_.append_audit(row));
    }
    ++audit_seen_;
  }
  return {};
}

/// Accounts change only after this: who used the target since left an audit row.
Status JournalFill::check_audit_is_ours() const {
  if (audit_seen_ >= audit_before_.size()) return {};
  return foreign(fmt::format("was used since (its audit log has `{}`)", audit_before_[audit_seen_].action));
}

Status JournalFill::tokens(std::span<const TokenRow> rows) {
  RETURN_IF_ERROR(check_audit_is_ours());
  for (const TokenRow& row : rows) {
    ASSIGN_OR_RETURN(const std::optional<TokenRow> there, target_.token(row.id));
    if (!there || !same(*there, row)) RETURN_IF_ERROR(target_.put_token(row));
    ++tokens_seen_;
  }
  return {};
}

Status JournalFill::users(std::span<const UserRow> rows) {
  RETURN_IF_ERROR(check_audit_is_ours());
  for (const UserRow& row : rows) {
    ASSIGN_OR_RETURN(const std::optional<UserRow> there, target_.user(row.name));
    if (!there || !same(*there, row)) RETURN_IF_ERROR(target_.put_user(row));
    users_seen_.insert(row.name);
  }
  return {};
}

Status JournalFill::finish() {
  RETURN_IF_ERROR(check_audit_is_ours());
  ASSIGN_OR_RETURN(const std::vector<UserRow> users, target_.users());
  for (const UserRow& user : users) {
    if (!users_seen_.contains(user.name)) RETURN_IF_ERROR(target_.remove_user(user.name));
  }
  ASSIGN_OR_RETURN(const std::uint64_t there, deliveries_there());
  ASSIGN_OR_RETURN(const std::vector<TokenRow> tokens, target_.tokens());
  ASSIGN_OR_RETURN(const std::vector<AuditRow> audit, target_.audit(SIZE_MAX));
  const auto compare = [](std::string_view what, std::uint64_t found, std::uint64_t expected) -> Status {
    if (found == expected) return {};
    return fail(ErrorCode::kCorrupt, "the target holds {} {} and should hold {}: empty it and begin again", found, what,
                expected);
  };
  RETURN_IF_ERROR(compare("deliveries", there, extent_.deliveries()));
  RETURN_IF_ERROR(compare("tokens", tokens.size(), tokens_seen_));
  return compare("audit rows", audit.size(), audit_seen_ + 1);
}

}  // namespace fairlead::store
