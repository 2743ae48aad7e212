#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fairlead::bench {

struct LoadResult {
  std::uint64_t completed = 0;
  double seconds = 0;
  std::vector<double> latencies_us;  ///< Sorted. In an open loop from the time a request was due, not from its sending.
  std::string last_sequence;         ///< `Fairlead-Sequence` of the last answer that had one.

  double per_second() const { return static_cast<double>(completed) / seconds; }
};

/// Writes the bytes of request number `n`; the numbers of all requests of one generator differ.
using MakeRequest = std::function<void(std::string& out, std::uint64_t n)>;

struct LoadOptions {
  std::uint16_t port = 0;
  int connections = 64;
  double seconds = 1;
  /// Requests per second in an open loop: they are due on a fixed schedule, however slow the answers are. 0: a closed
  /// loop, where each connection sends as soon as it has its answer.
  double rate = 0;
  std::uint64_t first_number = 0;
  /// Ends the run early once so many requests are answered. 0: only time ends it.
  std::uint64_t requests = 0;
};

/// HTTP/1.1 keep-alive load from one thread over epoll. Any answer but 200 ends the run with an exception: a rate of
/// refusals would be no result.
LoadResult generate_load(const LoadOptions& options, const MakeRequest& make_request);

}  // namespace fairlead::bench
