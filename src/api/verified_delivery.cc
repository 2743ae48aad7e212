#include "api/verified_delivery.h"

#include "base/hash.h"
#include "sources/events.h"
#include "sources/signature.h"

namespace fairlead::api {
namespace {

std::string body_id(std::string_view body) {
  const Sha256 digest = sha256(body);
  return "sha256:" + to_hex(bytes_of(digest));
}

http::Fields kept_headers(const sources::Source& source, const sources::Headers& headers) {
  http::Fields kept;
  for (const std::string_view name : source.kept_headers()) {
    if (const auto value = headers.find(name)) kept.emplace_back(name, *value);
  }
  return kept;
}

}  // namespace

Result<VerifiedDelivery> verify_hook(const sources::Source* source, std::span<const std::string> secrets,
                                     http::Request& request, Instant received_at) {
  const sources::Headers headers(request.headers);
  if (source == nullptr || secrets.empty()) {
    static const std::string kNobodysSecret = "nobody's";
    const std::string_view signature = request.header("x-hub-signature-256").value_or("sha256=");
    // Same cost as a real check; the result is of no interest.
    static_cast<void>(sources::hmac_sha256_matches(signature, "sha256=", request.wire_body(), {&kNobodysSecret, 1}));
    return fail(ErrorCode::kUnauthorized, "unknown hook");
  }
  ASSIGN_OR_RETURN(sources::Verified verified, source->verify(headers, request.wire_body(), secrets));
  // From here the bytes are known to come from the holder of a secret.
  Delivery delivery;
  delivery.source = source->name();
  delivery.origin = source->origin(headers);
  delivery.id = verified.delivery_id.empty() ? body_id(request.body) : std::move(verified.delivery_id);
  delivery.received_at = received_at;
  delivery.headers = kept_headers(*source, headers);
  delivery.body = std::move(request.body);
  return VerifiedDelivery(std::move(delivery));
}

VerifiedDelivery verified_events(std::string id, std::string body, Instant received_at) {
  const sources::Source& source = sources::events_source();
  Delivery delivery;
  delivery.source = source.name();
  delivery.origin = source.origin(sources::Headers({}));
  delivery.id = std::move(id);
  delivery.received_at = received_at;
  delivery.body = std::move(body);
  return VerifiedDelivery(std::move(delivery));
}

std::string events_delivery_id(std::string_view actor, std::string_view idempotency_key, std::string_view body) {
  if (idempotency_key.empty()) return body_id(body);
  std::string id = "key:";
  id.append(actor).append(":").append(idempotency_key);
  return id;
}

}  // namespace fairlead::api
