#include "base/hash.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

// The expected digests are those of FIPS 180-4 and RFC 4231.
TEST(Hash, sha256_agrees_with_the_standard) {
  EXPECT_EQ(to_hex(bytes_of(sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(bytes_of(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, hmac_sha256_agrees_with_the_standard) {
  EXPECT_EQ(to_hex(bytes_of(hmac_sha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      to_hex(bytes_of(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"))),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hash, hmac_accepts_an_empty_key) {
  EXPECT_EQ(to_hex(bytes_of(hmac_sha256("", ""))), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hash, a_stream_gives_the_hash_of_the_whole) {
  Sha256Stream stream;
  stream.update("a");
  stream.update("");
  stream.update("bc");
  EXPECT_EQ(stream.finish(), sha256("abc"));
}

TEST(Hash, a_flipped_bit_changes_the_checksum) {
  std::string row = "a stored row of some length, longer than one block of the checksum would be";
  const std::uint64_t before = checksum64(row);
  row[17] ^= 1;
  EXPECT_NE(checksum64(row), before);
}

TEST(Hash, comparison_sees_any_difference) {
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("secret", "secret "));
  EXPECT_FALSE(equal_constant_time("secret", ""));
}

TEST(Hex, reads_both_cases_and_refuses_the_rest) {
  EXPECT_EQ(from_hex("00fFA0"), std::string("\x00\xff\xa0", 3));
  EXPECT_EQ(to_hex(std::string_view("\x00\xff\xa0", 3)), "00ffa0");
  EXPECT_EQ(from_hex("abc"), "");
  EXPECT_EQ(from_hex("0g"), "");
  EXPECT_EQ(from_hex("+1"), "");
}

// The expected texts are those of RFC 4648.
TEST(Base64Url, agrees_with_the_standard_without_padding) {
  EXPECT_EQ(to_base64url(""), "");
  EXPECT_EQ(to_base64url("f"), "Zg");
  EXPECT_EQ(to_base64url("fo"), "Zm8");
  EXPECT_EQ(to_base64url("foo"), "Zm9v");
  EXPECT_EQ(to_base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
}

}  // namespace
}  // namespace fairlead
