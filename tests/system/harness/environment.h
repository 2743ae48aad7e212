#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

namespace fairlead::system_test {

/// How much of something a test does: the variable's number, or what is usual.
inline std::uint64_t number_from_environment(const char* name, std::uint64_t usual) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : usual;
}

/// FAIRLEAD_SEED, to run again what failed, or a new one. Whoever uses it prints it.
inline std::uint64_t random_seed() {
  return number_from_environment("FAIRLEAD_SEED", std::random_device{}());
}

}  // namespace fairlead::system_test
