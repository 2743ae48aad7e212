#include "http/outgoing_guard.h"

#include <gtest/gtest.h>

namespace fairlead::http {
namespace {

class FixedResolver final : public Resolver {
 public:
  explicit FixedResolver(std::vector<std::string> answers) : answers_(std::move(answers)) {}
  Result<std::vector<TargetAddress>> resolve(const std::string&) const override {
    std::vector<TargetAddress> out;
    for (const std::string& answer : answers_) out.push_back(TargetAddress::parse(answer).value());
    return out;
  }

 private:
  std::vector<std::string> answers_;
};

TEST(OutgoingGuard, special_networks_are_not_public) {
  for (const char* const text :
       {"0.0.0.0",     "0.1.2.3",         "10.0.0.1",        "10.255.255.255", "100.64.0.1",      "100.127.255.255",
        "127.0.0.1",   "127.255.255.255", "169.254.169.254", "172.16.0.1",     "172.31.255.255",  "192.0.0.1",
        "192.0.2.1",   "192.88.99.1",     "192.168.0.1",     "198.18.0.1",     "198.19.255.255",  "198.51.100.1",
        "203.0.113.1", "224.0.0.1",       "239.1.1.1",       "240.0.0.1",      "255.255.255.255", "::",
        "::1",         "::ffff:7f00:1",   "::ffff:8.8.8.8",  "::7f00:1",       "64:ff9b::7f00:1", "fc00::1",
        "fd12::1",     "fe80::1",         "ff02::1",         "2001::1",        "2001:db8::1",     "2002:7f00:1::",
        "3fff::1",     "fec0::1",         "100::1"}) {
    EXPECT_FALSE(is_public(TargetAddress::parse(text).value())) << text;
  }
}

TEST(OutgoingGuard, their_neighbours_are_public) {
  for (const char* const text :
       {"1.0.0.0",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255", "100.128.0.0",     "126.255.255.255",
        "128.0.0.0",       "169.253.255.255", "169.255.0.0",    "172.15.255.255", "172.32.0.0",      "192.0.1.0",
        "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",     "223.255.255.255", "2001:200::1",
        "2606:4700::1111", "2a00::1",         "3ffe::1"}) {
    EXPECT_TRUE(is_public(TargetAddress::parse(text).value())) << text;
  }
}

TEST(OutgoingGuard, unusual_forms_are_no_addresses) {
  for (const char* const text :
       {"2130706433", "127.1", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1 ", "[::1]", "", "::1%lo"}) {
    EXPECT_FALSE(TargetAddress::parse(text)) << text;
  }
}

TEST(OutgoingGuard, one_private_address_refuses_the_host) {
  const FixedResolver resolver({"93.184.216.34", "127.0.0.1"});
  EXPECT_EQ(guarded_address(resolver, "mixed.example", {}).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(guarded_address(resolver, "mixed.example", {"other.example"}).error().code, ErrorCode::kForbidden);
  EXPECT_TRUE(guarded_address(resolver, "mixed.example", {"mixed.example"}));
}

TEST(OutgoingGuard, a_public_host_has_its_first_address) {
  const auto address = guarded_address(FixedResolver({"93.184.216.34", "93.184.216.35"}), "public.example", {});
  ASSERT_TRUE(address);
  EXPECT_EQ(address->text(), "93.184.216.34");
}

TEST(OutgoingGuard, a_host_without_an_address_is_unavailable) {
  EXPECT_EQ(guarded_address(FixedResolver({}), "empty.example", {}).error().code, ErrorCode::kUnavailable);
}

TEST(OutgoingGuard, the_system_knows_this_machine_and_the_guard_refuses_it) {
  for (const char* const host : {"localhost", "127.0.0.1", "2130706433", "0x7f.1"}) {
    const auto address = guarded_address(SystemResolver(), host, {});
    ASSERT_FALSE(address) << host;
  }
}

}  // namespace
}  // namespace fairlead::http
