#include "git/remote_url.h"

#include <gtest/gtest.h>

namespace fairlead::git {
namespace {

TEST(RemoteUrl, is_built_anew_from_its_parts) {
  const std::pair<const char*, const char*> kCases[] = {
      {"https://github.com/git/git", "https://github.com/git/git"},
      {"HTTPS://GitHub.COM/git/git.git", "https://github.com/git/git.git"},
      {"https://host:443/a", "https://host/a"},
      {"https://host:8443/a", "https://host:8443/a"},
      {"https://93.184.216.34/a", "https://93.184.216.34/a"},
      {"https://[2606:4700::1111]:8443/a", "https://[2606:4700::1111]:8443/a"},
      {"https://host/-h", "https://host/-h"}};
  for (const auto& [text, expected] : kCases) {
    const auto url = parse_remote_url(text, {});
    ASSERT_TRUE(url) << text << ": " << url.error().message;
    EXPECT_EQ(url->text(), expected);
  }
}

TEST(RemoteUrl, attacks_are_refused) {
  const std::string long_one = "https://host/" + std::string(kRemoteUrlBytesMax, 'a');
  for (const std::string text : {"",
                                 "x",
                                 "/etc",
                                 "../x",
                                 "ext::sh -c 'touch /tmp/x'",
                                 "EXT::sh",
                                 "ext::https://host/a",
                                 "--upload-pack=touch x",
                                 "-oProxyCommand=x",
                                 "file:///etc",
                                 "FILE:///etc",
                                 "git://host/a",
                                 "ssh://-oProxyCommand=x/a",
                                 "ssh://host/a",
                                 "git@host:a",
                                 "host:a",
                                 "http://host/a",
                                 "ftp://host/a",
                                 "https:/host/a",
                                 "https:host/a",
                                 "https://",
                                 "https:///a",
                                 "https://host",
                                 "https://host/",
                                 "https://user@host/a",
                                 "https://user:password@host/a",
                                 "https://@host/a",
                                 "https://host\\@evil/a",
                                 "https://host/a\r\nHost: evil",
                                 "https://host/a\nb",
                                 "https://host/a b",
                                 "https://ho st/a",
                                 "https://host/\x01",
                                 "https://host/\xc3\xa9",
                                 "https://h\xd0\xbest/a",
                                 "https://-host/a",
                                 "https://.host/a",
                                 "https://host./a",
                                 "https://ho..st/a",
                                 "https://2130706433/a",
                                 "https://127.1/a",
                                 "https://0x7f.0.0.1/a",
                                 "https://0x7f000001/a",
                                 "https://0177.0.0.1/a",
                                 "https://1.2.3/a",
                                 "https://host:0/a",
                                 "https://host:65536/a",
                                 "https://host:/a",
                                 "https://host:x/a",
                                 "https://host:-1/a",
                                 "https://[::1/a",
                                 "https://[::1]x/a",
                                 "https://[127.0.0.1]/a",
                                 "https://[host]/a",
                                 "https://[::1%25lo]/a",
                                 "https://host/a?b",
                                 "https://host/a#b",
                                 "https://%68ost/a",
                                 "https://host%00/a"}) {
    EXPECT_FALSE(parse_remote_url(text, {})) << text;
  }
  EXPECT_FALSE(parse_remote_url(std::string("https://host/a\0b", 16), {}));
  EXPECT_FALSE(parse_remote_url(long_one, {}));
  EXPECT_TRUE(parse_remote_url(std::string_view(long_one).substr(0, kRemoteUrlBytesMax), {}));
}

TEST(RemoteUrl, other_schemes_only_where_the_rules_allow_them) {
  EXPECT_EQ(parse_remote_url("http://host/a", {}).error().code, ErrorCode::kForbidden);
  const auto url = parse_remote_url("http://host/a", {.schemes = {"http"}, .hosts_allowed = {}});
  ASSERT_TRUE(url);
  EXPECT_EQ(url->port, 80);
}

TEST(RemoteUrl, an_address_is_told_from_a_path) {
  for (const char* const text : {"https://host/a", "ext::sh", "EXT::sh", "file:///etc", "a+b-c.d://x"}) {
    EXPECT_TRUE(looks_like_url(text)) << text;
  }
  for (const char* const text : {"", "a", "/a/b", "../a", "./ext::sh", "a:b", "git@host:a", "-x", "C:/a"}) {
    EXPECT_FALSE(looks_like_url(text)) << text;
  }
}

}  // namespace
}  // namespace fairlead::git
