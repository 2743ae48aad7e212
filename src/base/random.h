#pragma once

#include <cstddef>
#include <string>

namespace fairlead {

/// Randomness for secrets and ids; injected, so that a seed can reproduce a run.
class Random {
 public:
  virtual ~Random() = default;
  /// `n` unpredictable bytes.
  virtual std::string bytes(std::size_t n) = 0;
};

/// The operating system's generator (OpenSSL RAND_bytes). Thread-safe.
class SystemRandom final : public Random {
 public:
  std::string bytes(std::size_t n) override;
};

}  // namespace fairlead
