#pragma once

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>

#include "base/result.h"

namespace fairlead::http {

/// TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only. Reads and checks both files.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const std::filesystem::path& certificate,
                                                                    const std::filesystem::path& key);

}  // namespace fairlead::http
