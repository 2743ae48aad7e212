#include "http/proxies.h"

#include <gtest/gtest.h>

#include "http/http_limits.h"

namespace fairlead::http {
namespace {

TrustedProxies trust(std::vector<std::string> list) {
  auto proxies = TrustedProxies::parse(list);
  if (!proxies) ADD_FAILURE() << proxies.error().message;
  return proxies.value_or(TrustedProxies());
}

TEST(TrustedProxies, networks_hold_exactly_their_addresses) {
  const TrustedProxies proxies = trust({"10.0.0.0/8", "192.168.4.0/22", "203.0.113.7", "2001:db8::/33", "::1"});
  for (const char* inside :
       {"10.0.0.0", "10.255.255.255", "192.168.7.255", "203.0.113.7", "2001:db8:7fff::1", "::1", "::ffff:10.1.2.3"}) {
    EXPECT_TRUE(proxies.contains(inside)) << inside;
  }
  for (const char* outside : {"9.255.255.255", "11.0.0.0", "192.168.8.0", "192.168.3.255", "203.0.113.6",
                              "2001:db8:8000::1", "::2", "local", ""}) {
    EXPECT_FALSE(proxies.contains(outside)) << outside;
  }
}

TEST(TrustedProxies, a_prefix_of_0_is_everybody_of_its_kind) {
  EXPECT_TRUE(trust({"0.0.0.0/0"}).contains("198.51.100.1"));
  EXPECT_FALSE(trust({"0.0.0.0/0"}).contains("2001:db8::1"));
  EXPECT_TRUE(trust({"::/0"}).contains("2001:db8::1"));
}

TEST(TrustedProxies, what_cannot_be_read_is_refused_by_name) {
  for (const char* wrong :
       {"", "proxy", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "::/129", "10.0.0/8"}) {
    const auto proxies = TrustedProxies::parse({wrong});
    ASSERT_FALSE(proxies) << wrong;
    EXPECT_NE(proxies.error().message.find(wrong), std::string::npos);
  }
}

TEST(TrustedProxies, the_client_is_the_rightmost_address_that_is_no_proxy) {
  const TrustedProxies proxies = trust({"10.0.0.0/8", "2001:db8::/32"});
  const auto client = [&](std::vector<std::string> lines) {
    Fields headers;
    for (std::string& line : lines) headers.emplace_back("x-forwarded-for", std::move(line));
    return proxies.client_address("10.0.0.1", headers);
  };
  EXPECT_EQ(client({}), "10.0.0.1");
  EXPECT_EQ(client({"198.51.100.1"}), "198.51.100.1");
  EXPECT_EQ(client({"1.2.3.4, 198.51.100.1, 10.0.0.2"}), "198.51.100.1");  // 1.2.3.4 is the client's own claim
  EXPECT_EQ(client({"1.2.3.4", "198.51.100.1, 10.0.0.2", "10.0.0.3"}), "198.51.100.1");
  EXPECT_EQ(client({"10.0.0.9, 10.0.0.2"}), "10.0.0.9");
  EXPECT_EQ(client({"198.51.100.1:4711"}), "198.51.100.1");
  EXPECT_EQ(client({"[2001:db9::1]:4711"}), "2001:db9::1");
  EXPECT_EQ(client({"2001:0db9:0:0::1"}), "2001:db9::1");
  EXPECT_EQ(client({"198.51.100.1, nonsense, 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(client({"unknown"}), "10.0.0.1");
  EXPECT_EQ(client({""}), "10.0.0.1");
  EXPECT_EQ(client({"["}), "10.0.0.1");
}

TEST(TrustedProxies, only_so_many_hops_are_read) {
  const TrustedProxies proxies = trust({"10.0.0.0/8"});
  const auto through = [&](int trusted_hops) {
    std::string list = "198.51.100.1";
    for (int i = 0; i < trusted_hops; ++i) list += ",10.0.0.2";
    return proxies.client_address("10.0.0.1", {{"x-forwarded-for", list}});
  };
  EXPECT_EQ(through(limits::kForwardedHopsMax - 1), "198.51.100.1");
  EXPECT_EQ(through(limits::kForwardedHopsMax), "10.0.0.2");
}

TEST(TrustedProxies, the_nearest_proxy_says_whether_it_was_tls) {
  EXPECT_TRUE(forwarded_over_tls({{"x-forwarded-proto", "https"}}));
  EXPECT_TRUE(forwarded_over_tls({{"x-forwarded-proto", "http, HTTPS"}}));
  EXPECT_FALSE(forwarded_over_tls({{"x-forwarded-proto", "https, http"}}));
  EXPECT_FALSE(forwarded_over_tls({{"x-forwarded-proto", "https"}, {"x-forwarded-proto", "http"}}));
  EXPECT_FALSE(forwarded_over_tls({}));
}

}  // namespace
}  // namespace fairlead::http
