#pragma once

#include <cstdint>
#include <string>

#include "bench/load_generator.h"

namespace fairlead::bench {

/// The year 2025 of an organisation with 100 services: `deployments` production deployments, each with the commit it
/// ships (authored up to three days before) and one in a hundred followed by an incident.
class YearOfDeliveries {
 public:
  explicit YearOfDeliveries(std::uint64_t deployments) : deployments_(deployments) {}

  /// Requests 0 to count()-1 carry the whole year as NDJSON; each holds a stretch of one service.
  std::uint64_t requests() const;
  std::uint64_t events() const;
  void append_request(std::string& out, const std::string& token, std::uint64_t n) const;

 private:
  std::string body(std::uint64_t n) const;

  std::uint64_t deployments_;
};

}  // namespace fairlead::bench
