#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "model/delivery.h"
#include "sources/source.h"

namespace fairlead::api {

/// A delivery whose signature or token held. Nothing else can be journaled, and only the functions below make one, so
/// an unverified byte cannot reach a parser (invariant I7).
class VerifiedDelivery {
 public:
  VerifiedDelivery(VerifiedDelivery&&) = default;
  VerifiedDelivery& operator=(VerifiedDelivery&&) = default;
  VerifiedDelivery(const VerifiedDelivery&) = delete;
  VerifiedDelivery& operator=(const VerifiedDelivery&) = delete;

  const Delivery& delivery() const { return delivery_; }
  Delivery take() && { return std::move(delivery_); }

 private:
  explicit VerifiedDelivery(Delivery delivery) : delivery_(std::move(delivery)) {}

  friend Result<VerifiedDelivery> verify_hook(const sources::Source* source, std::span<const std::string> secrets,
                                              http::Request& request, Instant received_at);
  friend VerifiedDelivery verified_events(std::string id, std::string body, Instant received_at);

  Delivery delivery_;
};

/// Checks a hook's signature over the bytes on the wire and takes the body out of the request. Without a source (nobody
/// knows the name) or without secrets the work is the same and the answer is the same kUnauthorized, so that neither
/// time nor text tells which hooks there are.
Result<VerifiedDelivery> verify_hook(const sources::Source* source, std::span<const std::string> secrets,
                                     http::Request& request, Instant received_at);

/// Our own events; the authorizer let the token through before. `id` as `events_delivery_id` makes it.
VerifiedDelivery verified_events(std::string id, std::string body, Instant received_at);

/// `Idempotency-Key` scoped by the credential, else the hash of the body.
std::string events_delivery_id(std::string_view actor, std::string_view idempotency_key, std::string_view body);

}  // namespace fairlead::api
