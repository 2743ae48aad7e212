#include "api/credentials.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "api/testing/fixed_random.h"
#include "base/hash.h"

namespace fairlead::api {
namespace {

using store::Role;

TEST(Token, carries_a_public_id_and_is_stored_only_as_its_hash) {
  FixedRandom random(1);
  const NewToken made = make_token(random, Role::kIngest, "ci", Instant{5});
  EXPECT_TRUE(made.text.starts_with("fl_"));
  EXPECT_EQ(token_id(made.text), std::optional<std::string_view>(made.row.id));
  EXPECT_EQ(made.row.secret_hash, hash_token(made.text));
  EXPECT_EQ(made.row.secret_hash.size(), 64u);
  EXPECT_EQ(made.row.secret_hash.find(made.text.substr(20, 43)), std::string::npos);
  EXPECT_EQ(made.row.role, Role::kIngest);
  EXPECT_EQ(made.row.created_at, Instant{5});
  EXPECT_FALSE(made.row.revoked_at);
}

TEST(Token, two_are_never_alike) {
  SystemRandom random;
  const NewToken a = make_token(random, Role::kAdmin, "a", {});
  const NewToken b = make_token(random, Role::kAdmin, "a", {});
  EXPECT_NE(a.text, b.text);
  EXPECT_NE(a.row.id, b.row.id);
}

TEST(Token, every_single_mistyped_character_is_noticed) {
  FixedRandom random(2);
  const std::string text = make_token(random, Role::kViewer, "", {}).text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(token_id(wrong)) << "at " << i;
  }
  EXPECT_FALSE(token_id(""));
  EXPECT_FALSE(token_id(text.substr(1)));
  EXPECT_FALSE(token_id(text + "a"));
  EXPECT_FALSE(token_id(std::string(text.size(), '\0')));
}

TEST(Roles, admin_contains_operator_contains_viewer_and_ingest_side_by_side) {
  using http::Access;
  struct Row {
    Role role;
    bool ingest, viewer, operates, admin;
  };
  for (const Row& row : {Row{Role::kIngest, true, false, false, false}, Row{Role::kViewer, false, true, false, false},
                         Row{Role::kOperator, true, true, true, false}, Row{Role::kAdmin, true, true, true, true}}) {
    EXPECT_TRUE(allows(row.role, Access::kOpen));
    EXPECT_TRUE(allows(row.role, Access::kHook));
    EXPECT_EQ(allows(row.role, Access::kIngest), row.ingest) << to_string(row.role);
    EXPECT_EQ(allows(row.role, Access::kViewer), row.viewer) << to_string(row.role);
    EXPECT_EQ(allows(row.role, Access::kOperator), row.operates) << to_string(row.role);
    EXPECT_EQ(allows(row.role, Access::kAdmin), row.admin) << to_string(row.role);
  }
}

TEST(Roles, names_are_read_back_and_others_refused) {
  for (const Role role : {Role::kIngest, Role::kViewer, Role::kOperator, Role::kAdmin}) {
    EXPECT_EQ(parse_role(to_string(role)).value(), role);
  }
  EXPECT_EQ(parse_role("Admin").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(parse_role("").error().code, ErrorCode::kInvalid);
}

TEST(Password, the_right_one_opens_and_a_wrong_one_does_not) {
  SystemRandom random;
  PasswordHasher hasher(random);
  const std::string encoded = hasher.hash("correct horse").value();
  EXPECT_TRUE(encoded.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << encoded;
  EXPECT_TRUE(hasher.verify(encoded, "correct horse").value());
  EXPECT_FALSE(hasher.verify(encoded, "correct horsf").value());
  EXPECT_FALSE(hasher.verify(encoded, "").value());
  EXPECT_NE(hasher.hash("correct horse").value(), encoded);  // a new salt each time
}

TEST(Password, an_unknown_user_is_refused_whatever_the_password) {
  SystemRandom random;
  PasswordHasher hasher(random);
  EXPECT_FALSE(hasher.verify(std::nullopt, "anything at all").value());
}

TEST(Password, length_is_limited_at_both_ends) {
  SystemRandom random;
  PasswordHasher hasher(random);
  EXPECT_EQ(hasher.hash(std::string(PasswordHasher::kPasswordBytesMin - 1, 'x')).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(hasher.hash(std::string(PasswordHasher::kPasswordBytesMin, 'x')));
  EXPECT_TRUE(hasher.hash(std::string(PasswordHasher::kPasswordBytesMax, 'x')));
  EXPECT_EQ(hasher.hash(std::string(PasswordHasher::kPasswordBytesMax + 1, 'x')).error().code, ErrorCode::kInvalid);
}

TEST(Password, a_crowd_is_bounded_and_the_rest_told_to_come_back) {
  SystemRandom random;
  PasswordHasher hasher(random);
  constexpr int kCrowd = 3 * (PasswordHasher::kRunningMax + PasswordHasher::kWaitingMax);
  std::atomic<int> hashed = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> ready = 0;
  std::vector<std::thread> crowd;
  for (int i = 0; i < kCrowd; ++i) {
    crowd.emplace_back([&] {
      ++ready;
      while (ready < kCrowd) std::this_thread::yield();
      const auto result = hasher.hash("correct horse");
      if (result) {
        ++hashed;
      } else {
        EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
        ++refused;
      }
    });
  }
  for (std::thread& one : crowd) one.join();
  EXPECT_EQ(hashed + refused, kCrowd);
  EXPECT_GE(hashed, PasswordHasher::kRunningMax + PasswordHasher::kWaitingMax);
  EXPECT_GT(refused, 0);
}

TEST(Password, a_damaged_hash_is_reported_and_never_opens) {
  SystemRandom random;
  PasswordHasher hasher(random);
  EXPECT_EQ(hasher.verify("$argon2id$v=19$m=19456,t=2,p=1$oops", "correct horse").error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace fairlead::api
