#include "sources/signature.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace fairlead::sources {
namespace {

// Published by GitHub and CircleCI with their documentation of webhooks.
constexpr std::string_view kGithub = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
constexpr std::string_view kCircle = "734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a";
constexpr std::string_view kBody = "Hello, World!";

using Secrets = std::vector<std::string>;
const Secrets kSecret = {"It's a Secret to Everybody"};

TEST(Signature, matches_published_vectors) {
  EXPECT_TRUE(hmac_sha256_matches(kGithub, "sha256=", kBody, kSecret));
  EXPECT_TRUE(hmac_sha256_matches(kCircle, "", "hello world", Secrets{"secret"}));
}

TEST(Signature, any_of_several_secrets_may_match) {
  EXPECT_TRUE(hmac_sha256_matches(kGithub, "sha256=", kBody, Secrets{"old", kSecret[0], "new"}));
  EXPECT_TRUE(hmac_sha256_matches(kGithub, "sha256=", kBody, Secrets{kSecret[0], "new"}));
  EXPECT_FALSE(hmac_sha256_matches(kGithub, "sha256=", kBody, Secrets{"old", "new"}));
}

TEST(Signature, no_secret_matches_nothing) {
  EXPECT_FALSE(hmac_sha256_matches(kGithub, "sha256=", kBody, Secrets{}));
}

TEST(Signature, an_empty_secret_matches_nothing) {
  // HMAC-SHA256 with an empty key over an empty text: anybody can compute it.
  constexpr std::string_view kEmptyKey = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
  EXPECT_FALSE(hmac_sha256_matches(kEmptyKey, "sha256=", "", Secrets{""}));
  EXPECT_FALSE(hmac_sha256_matches(kEmptyKey, "sha256=", "", Secrets{"", "x", ""}));
}

TEST(Signature, one_changed_byte_of_body_signature_or_secret_is_refused) {
  EXPECT_FALSE(hmac_sha256_matches(kGithub, "sha256=", "Hello, World?", kSecret));
  EXPECT_FALSE(hmac_sha256_matches(kGithub, "sha256=", kBody, Secrets{"It's a secret to Everybody"}));
  for (std::size_t i = 7; i < kGithub.size(); ++i) {
    std::string changed(kGithub);
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(hmac_sha256_matches(changed, "sha256=", kBody, kSecret)) << i;
  }
}

TEST(Signature, malformed_signatures_are_refused) {
  const std::string hex(kGithub.substr(7));
  for (const std::string& bad :
       {std::string(), std::string("sha256="), hex, "sha1=" + hex, "sha256=" + hex.substr(1), "sha256=" + hex + "00",
        "sha256=" + hex.substr(0, 62), "sha256= " + hex, "sha256=" + std::string(64, 'g')}) {
    EXPECT_FALSE(hmac_sha256_matches(bad, "sha256=", kBody, kSecret)) << bad;
  }
}

}  // namespace
}  // namespace fairlead::sources
