#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fstream>

namespace fairlead::http {
namespace {

constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr unsigned char kProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// What OpenSSL says about the last failure, without its file names and line numbers.
std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown error";
}

Status check_readable(const std::filesystem::path& file, std::string_view what) {
  if (std::ifstream(file).good()) return {};
  return fail(ErrorCode::kInvalid, "cannot read the TLS {} {}: check that the file exists and may be read", what,
              file.string());
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const std::filesystem::path& certificate,
                                                                    const std::filesystem::path& key) {
  if (certificate.empty() || key.empty()) {
    return fail(ErrorCode::kInvalid, "TLS needs both a certificate and its key: give --tls-cert and --tls-key");
  }
  RETURN_IF_ERROR(check_readable(certificate, "certificate"));
  RETURN_IF_ERROR(check_readable(key, "key"));
  auto context = std::make_unique<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps no record buffers
  // An encrypted key must fail and not ask for a pass phrase on the terminal.
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  if (SSL_CTX_set_cipher_list(native, kTls12Ciphers) != 1) {
    return fail(ErrorCode::kUnsupported, "this OpenSSL has none of the TLS ciphers that are needed: {}",
                openssl_reason());
  }
  if (SSL_CTX_use_certificate_chain_file(native, certificate.c_str()) != 1) {
    return fail(ErrorCode::kInvalid, "the TLS certificate {} is no PEM certificate chain: {}", certificate.string(),
                openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(native, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    // OpenSSL compares the key with the certificate right here.
    return fail(ErrorCode::kInvalid, "the TLS key {} is no PEM private key of the certificate {}: {}", key.string(),
                certificate.string(), openssl_reason());
  }
  if (SSL_CTX_check_private_key(native) != 1) {
    return fail(ErrorCode::kInvalid, "the TLS key {} does not belong to the certificate {}: {}", key.string(),
                certificate.string(), openssl_reason());
  }
  return context;
}

}  // namespace fairlead::http
