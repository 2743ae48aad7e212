#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <fstream>

#include "http/testing/test_server.h"

namespace fairlead::http::testing {
namespace {

struct KeyAndCertificate {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();

  KeyAndCertificate() {
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
  }
  ~KeyAndCertificate() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  KeyAndCertificate(const KeyAndCertificate&) = delete;
  KeyAndCertificate& operator=(const KeyAndCertificate&) = delete;

  void write(const std::string& certificate_file, const std::string& key_file,
             const char* pass_phrase = nullptr) const {
    FILE* file = fopen(certificate_file.c_str(), "w");
    PEM_write_X509(file, certificate);
    fclose(file);
    file = fopen(key_file.c_str(), "w");
    const EVP_CIPHER* cipher = pass_phrase != nullptr ? EVP_aes_128_cbc() : nullptr;
    PEM_write_PrivateKey(file, key, cipher, nullptr, 0, nullptr, const_cast<char*>(pass_phrase));
    fclose(file);
  }
};

/// A blocking TLS client.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int version = 0, const char* ciphers = nullptr)
      : socket_(RawClient::tcp(port)) {
    SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_security_level(context_, 0);
    if (version != 0) SSL_CTX_set_min_proto_version(context_, version);
    if (version != 0) SSL_CTX_set_max_proto_version(context_, version);
    if (ciphers != nullptr) SSL_CTX_set_cipher_list(context_, ciphers);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_.descriptor());
    const timeval patience{RawClient::kPatienceMs / 1000, 0};
    setsockopt(socket_.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  void send(std::string_view bytes) {
    EXPECT_EQ(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
  }
  /// Reads until `end` has come or the server closed.
  std::string read_through(std::string_view end) {
    std::string text;
    char bytes[16 * 1024];
    while (!text.ends_with(end)) {
      const int received = SSL_read(ssl_, bytes, sizeof bytes);
      if (received <= 0) break;
      text.append(bytes, static_cast<std::size_t>(received));
    }
    return text;
  }
  /// The server said goodbye by TLS, and did not just drop the connection.
  bool closed_properly() {
    char byte = 0;
    return SSL_read(ssl_, &byte, 1) == 0 && SSL_get_error(ssl_, 0) == SSL_ERROR_ZERO_RETURN;
  }
  std::string version() const { return SSL_get_version(ssl_); }
  RawClient& socket() { return socket_; }

  bool connected = false;

 private:
  RawClient socket_;
  SSL_CTX* context_ = SSL_CTX_new(TLS_client_method());
  SSL* ssl_ = nullptr;
};

class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    certificate_ = folder_ + "/cert.pem";
    key_ = folder_ + "/key.pem";
    pair_.write(certificate_, key_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  ServerOptions options() const { return {.tls_certificate = certificate_, .tls_key = key_}; }
  std::string start_error(const std::string& certificate, const std::string& key) const {
    const ManualClock clock;
    const auto server = Server::start({.listen = {{"127.0.0.1", 0}}, .tls_certificate = certificate, .tls_key = key},
                                      Router(), TestServer::allow_all(), {}, clock);
    return server ? "" : server.error().message;
  }

  KeyAndCertificate pair_;
  std::string folder_ = ::testing::TempDir() + "fairlead_XXXXXX";
  std::string certificate_;
  std::string key_;
};

TEST_F(Tls, requests_are_served_and_known_to_be_secure) {
  const TestServer server(options());
  EXPECT_TRUE(server.server->urls().front().starts_with("https://127.0.0.1:"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), version);
    ASSERT_TRUE(client.connected);
    client.send(get("/seen"));
    EXPECT_NE(client.read_through("\n").find("secure=yes"), std::string::npos);
    client.send(post("/echo", "twice on one connection!"));
    EXPECT_TRUE(client.read_through("connection!").ends_with("twice on one connection!"));
  }
}

TEST_F(Tls, old_versions_and_weak_ciphers_are_refused) {
  const TestServer server(options());
  EXPECT_FALSE(TlsClient(server.port(), TLS1_VERSION).connected);
  EXPECT_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected);
  EXPECT_FALSE(TlsClient(server.port(), TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA").connected);
  EXPECT_TRUE(TlsClient(server.port(), TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256").connected);
}

TEST_F(Tls, a_thousand_pipelined_requests_and_a_large_body_work_as_without) {
  const TestServer server(options());
  TlsClient client(server.port());
  ASSERT_TRUE(client.connected);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get("/items/" + std::to_string(i));
  client.send(requests + get("/text/3000000") + get("/items/end-of-all"));
  const std::string answers = client.read_through("end-of-all");
  EXPECT_GT(answers.size(), 3'000'000u);
  EXPECT_LT(answers.find("\r\n\r\n41HTTP"), answers.find("\r\n\r\n42HTTP"));
}

TEST_F(Tls, the_end_is_said_and_not_just_made) {
  const TestServer server(options());
  TlsClient client(server.port());
  ASSERT_TRUE(client.connected);
  client.send(get("/items/bye", "Connection: close\r\n"));
  EXPECT_TRUE(client.read_through("bye").ends_with("bye"));
  EXPECT_TRUE(client.closed_properly());
}

TEST_F(Tls, streams_work_and_end_with_the_client) {
  TestServer server(options());
  TlsClient client(server.port());
  ASSERT_TRUE(client.connected);
  client.send(get("/events"));
  const auto stream = server.streams.take();
  EXPECT_TRUE(stream->write("data: 1\n\n"));
  EXPECT_NE(client.read_through("data: 1\n\n\r\n").find("data: 1"), std::string::npos);
  client.socket().close();
  server.closed_streams.take();
}

TEST_F(Tls, a_handshake_that_never_comes_is_closed) {
  ServerOptions impatient = options();
  impatient.header_timeout_ms = 60;
  const TestServer server(std::move(impatient));
  RawClient client = server.client();
  EXPECT_TRUE(client.closed());
  RawClient plain = server.client();
  plain.send(get("/probe"));
  const auto answer = plain.answer();
  EXPECT_FALSE(answer && answer->status == 200);
}

TEST_F(Tls, wrong_files_are_one_sentence_that_names_the_file) {
  const KeyAndCertificate other;
  other.write(folder_ + "/other.pem", folder_ + "/other-key.pem");
  pair_.write(folder_ + "/same.pem", folder_ + "/locked-key.pem", "secret");
  std::ofstream(folder_ + "/text.pem") << "this is no certificate";
  const auto names = [&](const std::string& certificate, const std::string& key, const std::string& name) {
    const std::string error = start_error(certificate, key);
    EXPECT_NE(error.find(name), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos);
  };
  names(folder_ + "/missing.pem", key_, "missing.pem");
  names(certificate_, folder_ + "/missing.pem", "missing.pem");
  names(folder_ + "/text.pem", key_, "text.pem");
  names(certificate_, folder_ + "/text.pem", "text.pem");
  names(certificate_, folder_ + "/other-key.pem", "other-key.pem");
  names(certificate_, folder_ + "/locked-key.pem", "locked-key.pem");
  names(certificate_, "", "--tls-key");
  names("", key_, "--tls-cert");
  EXPECT_EQ(start_error(certificate_, key_), "");
}

}  // namespace
}  // namespace fairlead::http::testing
