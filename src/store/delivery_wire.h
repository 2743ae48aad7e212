#pragma once

#include "model/delivery.h"
#include "model/wire.h"

namespace fairlead::store {

// A whole delivery as backups and spools hold it, and as two journals are compared by (docs/formats.md). Stored on
// disk, append only.

void put_delivery(wire::Writer& out, const Delivery& delivery);
/// What `put_delivery` wrote; `in` has failed where the bytes are something else.
Delivery get_delivery(wire::Reader& in);

}  // namespace fairlead::store
