#pragma once

// Journals with something of everything in them, and what a journal holds as text.

#include <gtest/gtest.h>

#include <string>

#include "base/hash.h"
#include "store/backup/backup_writer.h"
#include "store/delivery_wire.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {

/// Deliveries of one, empty and large bodies, tokens of both states, users, audit rows.
inline void fill_with_everything(Journal& journal, std::uint64_t seed, std::size_t deliveries) {
  RandomRows random(seed);
  std::vector<Delivery> batch;
  for (std::size_t i = 0; i < deliveries; ++i) {
    Delivery delivery = random.delivery(1'000, 300);
    delivery.id = std::to_string(i);
    batch.push_back(std::move(delivery));
  }
  ASSERT_TRUE(journal.append(batch));
  ASSERT_TRUE(journal.append_audit({{1}, "local", "token.create", "a"}));
  ASSERT_TRUE(journal.put_token({"a", std::string("\0hash", 5), Role::kIngest, "first", {1}, {}}));
  ASSERT_TRUE(journal.append_audit({{2}, "local", "token.revoke", "b"}));
  ASSERT_TRUE(journal.put_token({"b", "hash2", Role::kAdmin, "", {-5}, Instant{2}}));
  ASSERT_TRUE(journal.append_audit({{3}, "zoe", "user.add", "zoe"}));
  ASSERT_TRUE(journal.put_user({"zoe", "$argon2id$", Role::kOperator, {3}}));
}

/// A backup of all that `journal` holds. The same content gives the same bytes.
inline std::string backup_of(Journal& journal) {
  std::string bytes;
  const Status written =
      backup::write_backup(journal, Instant{1'700'000'000'000}, "1.2.3", [&](std::string_view piece) {
        bytes.append(piece);
        return Status();
      });
  EXPECT_TRUE(written) << written.error().message;
  return bytes;
}

/// Lines, one per thing that a visitor was shown.
class Transcript final : public JournalVisitor {
 public:
  std::string text;

  Status extent(const JournalExtent& extent) override {
    text += fmt::format("extent {} {} {}\n", extent.made_at.ms, extent.made_by, extent.deliveries());
    return {};
  }
  Status deliveries(std::span<const JournalRow> rows) override {
    for (const JournalRow& row : rows) {
      std::string bytes;
      wire::Writer out(bytes);
      put_delivery(out, row.delivery);
      text += fmt::format("delivery {} {} {}\n", row.position.lane, row.position.sequence, to_hex(bytes));
    }
    return {};
  }
  Status audit(std::span<const AuditRow> rows) override {
    for (const AuditRow& row : rows) {
      text += fmt::format("audit {} {} {} {}\n", row.at.ms, row.actor, row.action, row.subject);
    }
    return {};
  }
  Status tokens(std::span<const TokenRow> rows) override {
    for (const TokenRow& row : rows) {
      text += fmt::format("token {} {} {} {} {} {}\n", row.id, to_hex(row.secret_hash), static_cast<int>(row.role),
                          row.name, row.created_at.ms, row.revoked_at ? std::to_string(row.revoked_at->ms) : "valid");
    }
    return {};
  }
  Status users(std::span<const UserRow> rows) override {
    for (const UserRow& row : rows) {
      text +=
          fmt::format("user {} {} {} {}\n", row.name, row.password_hash, static_cast<int>(row.role), row.created_at.ms);
    }
    return {};
  }
};

/// All that `journal` holds.
inline std::string transcript_of(Journal& journal) {
  Transcript transcript;
  const auto extent = extent_of(journal, Instant{1'700'000'000'000}, "1.2.3");
  EXPECT_TRUE(extent && visit_journal(journal, *extent, transcript));
  return transcript.text;
}

}  // namespace fairlead::store
