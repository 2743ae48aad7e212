#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/descriptor.h"

namespace fairlead::git::testing {

/// Serves the files of a folder over plain HTTP on a free port of 127.0.0.1: what git calls a dumb server. Under
/// /moved/ it sends everybody to where `redirect_to` says. While it is held, it takes requests and answers none.
class DumbServer {
 public:
  explicit DumbServer(std::filesystem::path folder);
  ~DumbServer();
  DumbServer(const DumbServer&) = delete;
  DumbServer& operator=(const DumbServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::vector<std::string> requests() const;  ///< The targets, in order.
  void redirect_to(std::string prefix);
  void hold();
  void let_go();
  void await_request() const;  ///< Returns once there was one.

 private:
  void serve();
  std::string answer(const std::string& target);

  const std::filesystem::path folder_;
  http::Descriptor socket_;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable changed_;
  bool held_ = false;
  std::vector<std::string> requests_;
  std::string redirect_to_;

  std::thread thread_;
};

}  // namespace fairlead::git::testing
