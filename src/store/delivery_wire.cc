#include "store/delivery_wire.h"

namespace fairlead::store {

void put_delivery(wire::Writer& out, const Delivery& delivery) {
  out.time(delivery.received_at);
  out.text(delivery.source.text);
  out.text(delivery.origin.text);
  out.text(delivery.id);
  out.number(delivery.headers.size());
  for (const auto& [name, value] : delivery.headers) {
    out.text(name);
    out.text(value);
  }
  out.text(delivery.body);
}

Delivery get_delivery(wire::Reader& in) {
  Delivery delivery;
  delivery.received_at = in.time();
  delivery.source = SourceName(in.text());
  delivery.origin = Origin(in.text());
  delivery.id = in.text();
  for (std::size_t left = in.count(); left > 0 && !in.failed(); --left) {
    std::string name(in.text());
    std::string value(in.text());
    delivery.headers.emplace_back(std::move(name), std::move(value));
  }
  delivery.body = in.text();
  return delivery;
}

}  // namespace fairlead::store
