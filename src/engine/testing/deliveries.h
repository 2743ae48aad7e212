#pragma once

#include <string>
#include <utility>

#include "model/delivery.h"

namespace fairlead::engine::testing {

/// A delivery of our own format.
inline Delivery delivery(std::string id, std::string body) {
  Delivery delivery;
  delivery.source = SourceName{"events"};
  delivery.origin = Origin{"events"};
  delivery.id = std::move(id);
  delivery.received_at = Instant{1'767'571'200'000};
  delivery.body = std::move(body);
  return delivery;
}

/// A successful production deployment of `service` on 2026-01-05 at `time` (`10:00`).
inline std::string deployment_json(const std::string& id, const std::string& service, const std::string& time,
                                   const std::string& sha) {
  const std::string at = "2026-01-05T" + time + ":00Z";
  return R"({"type":"deployment","id":")" + id + R"(","service":")" + service +
         R"(","environment":"production","status":"success","finished_at":")" + at + R"(","updated_at":")" + at +
         R"(","repository":"github.com/acme/api","sha":")" + sha + R"("})";
}

/// `parents` is JSON: `["p1"]`; empty: the event does not speak of parents.
inline std::string commit_json(const std::string& sha, const std::string& parents, const std::string& more = "") {
  std::string json = R"({"type":"commit","repository":"github.com/acme/api","sha":")" + sha +
                     R"(","authored_at":"2026-01-04T10:00:00Z","updated_at":"2026-01-04T10:00:00Z")";
  if (!parents.empty()) json += R"(,"parents":)" + parents;
  return json + more + "}";
}

}  // namespace fairlead::engine::testing
