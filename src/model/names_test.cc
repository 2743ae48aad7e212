#include "model/names.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

struct Spelling {
  std::string_view text;
  std::string_view default_host;
  std::string_view name;
};

constexpr Spelling kSpellings[] = {
    {"https://github.com/acme/api", "", "github.com/acme/api"},
    {"https://github.com/acme/api.git", "", "github.com/acme/api"},
    {"https://github.com/acme/api/", "", "github.com/acme/api"},
    {"https://github.com/acme/api.git/", "", "github.com/acme/api"},
    {"HTTPS://GitHub.COM/Acme/API", "", "github.com/Acme/API"},
    {"https://kim:s3cret@ghe.acme.io:8443/acme/api.git?x=1#readme", "", "ghe.acme.io/acme/api"},
    {"git://github.com/acme/api.git", "", "github.com/acme/api"},
    {"git+ssh://git@github.com/acme/api.git", "", "github.com/acme/api"},
    {"ssh://git@gitlab.acme.io:2222/group/sub/api.git", "", "gitlab.acme.io/group/sub/api"},
    {"ssh://git@[2001:db8::1]:22/acme/api.git", "", "[2001:db8::1]/acme/api"},
    {"git@github.com:acme/api.git", "", "github.com/acme/api"},
    {"git@github.com:/acme/api.git", "", "github.com/acme/api"},
    {"github.com:acme/api", "", "github.com/acme/api"},
    {"localhost:3000/acme/api", "", "localhost/acme/api"},
    {"github.com/acme/api", "", "github.com/acme/api"},
    {"GitHub.com/acme/api", "gitlab.com", "github.com/acme/api"},
    {"localhost/acme/api", "", "localhost/acme/api"},
    {"acme/api", "github.com", "github.com/acme/api"},
    {"acme/api", "GitHub.com", "github.com/acme/api"},
    {"acme.io/api", "github.com", "github.com/acme.io/api"},
    {"github.com/api", "github.com", "github.com/api"},
    {"group/sub/api", "gitlab.com", "gitlab.com/group/sub/api"},
    {"Acme/api", "", "Acme/api"},
    {"api", "", "file:api"},
    {"api", "git.acme.io", "git.acme.io/api"},
    {"file:api", "", "file:api"},
    {"file:api", "github.com", "file:api"},
    {"file:///srv/git/api.git", "", "file:api"},
    {"/srv/git/api.git", "github.com", "file:api"},
    {"/srv/git/api/.git", "", "file:api"},
    {"../api", "", "file:api"},
    {"./api/", "", "file:api"},
    {"C:/src/api", "", "file:api"},
    {"  https://github.com/acme/api  ", "", "github.com/acme/api"},
    {"https://github.com//acme/./../api", "", "github.com/acme/api"},
    {"", "github.com", ""},
    {"   ", "", ""},
    {"https://", "", ""},
    {"https://github.com", "", ""},
    {"https://github.com/", "", ""},
    {"https:///acme/api", "", ""},
    {"git@github.com:", "", ""},
    {"/", "", ""},
    {"file:", "", ""},
    {".git", "github.com", ""},
    {"acme/\napi", "github.com", ""},
};

TEST(RepositoryName, every_spelling_of_a_repository_gives_one_name) {
  for (const auto& [text, default_host, name] : kSpellings) {
    EXPECT_EQ(repository_name(text, default_host).text, name) << text << ", default host " << default_host;
  }
}

TEST(RepositoryName, a_name_is_its_own_name) {
  for (const auto& [text, default_host, name] : kSpellings) EXPECT_EQ(repository_name(name).text, name);
}

}  // namespace
}  // namespace fairlead
