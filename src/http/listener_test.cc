#include "http/listener.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "http/testing/raw_client.h"

namespace fairlead::http {
namespace {

TEST(Endpoint, addresses_are_read_as_people_write_them) {
  for (const auto& [text, address, port] :
       std::initializer_list<std::tuple<const char*, const char*, int>>{{"127.0.0.1:8080", "127.0.0.1", 8080},
                                                                        {"[::1]:0", "::1", 0},
                                                                        {":65535", "", 65535},
                                                                        {"*:80", "", 80},
                                                                        {"localhost:80", "127.0.0.1", 80}}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->address, address);
    EXPECT_EQ(endpoint->port, port);
  }
}

TEST(Endpoint, what_is_no_address_is_refused_with_an_example) {
  for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x",
                           "::1:80", "[::1]", "[::1:80", "::1]:80", "[]:80", "example.org:80", "256.0.0.1:80"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_NE(endpoint.error().message.find("127.0.0.1:8080"), std::string::npos);
  }
}

TEST(Endpoint, is_written_as_it_is_read) {
  for (const char* text : {"127.0.0.1:80", "[::1]:80"}) EXPECT_EQ(to_string(*parse_endpoint(text)), text);
  EXPECT_EQ(to_string(*parse_endpoint(":80")), "[::]:80");
}

TEST(Listener, a_port_in_use_is_one_sentence_that_says_what_to_do) {
  const auto first = bind_tcp({"127.0.0.1", 0}, 2);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->descriptors.size(), 2u);
  const auto second = bind_tcp(first->endpoint, 2);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_NE(second.error().message.find(to_string(first->endpoint)), std::string::npos) << second.error().message;
  EXPECT_NE(second.error().message.find("--listen"), std::string::npos);
}

TEST(Listener, an_address_of_another_machine_is_refused) {
  const auto bound = bind_tcp({"192.0.2.1", 0}, 1);
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().message.find("192.0.2.1"), std::string::npos);
}

class ControlSocket : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path path() const { return std::filesystem::path(folder_) / "control.sock"; }

  std::string folder_ = ::testing::TempDir() + "fairlead_XXXXXX";
};

TEST_F(ControlSocket, only_its_owner_may_connect) {
  const auto bound = bind_control_socket(path());
  ASSERT_TRUE(bound) << bound.error().message;
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(ControlSocket, the_file_of_a_dead_server_is_replaced) {
  { ASSERT_TRUE(bind_control_socket(path())); }
  ASSERT_TRUE(std::filesystem::exists(path()));
  EXPECT_TRUE(bind_control_socket(path()));
}

TEST_F(ControlSocket, the_file_of_a_living_server_is_not) {
  const auto living = bind_control_socket(path());
  ASSERT_TRUE(living);
  const auto second = bind_control_socket(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(testing::RawClient::local(path()).connected());
}

TEST_F(ControlSocket, a_file_that_is_no_socket_is_not_removed) {
  std::ofstream(path()) << "precious";
  EXPECT_FALSE(bind_control_socket(path()));
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(ControlSocket, a_path_that_is_too_long_is_said_to_be) {
  const auto bound = bind_control_socket(path().string() + std::string(108, 'a'));
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().message.find("107"), std::string::npos) << bound.error().message;
}

}  // namespace
}  // namespace fairlead::http
