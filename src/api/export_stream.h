#pragma once

#include "api/context.h"

namespace fairlead::api {

/// The canonical dump of all derived state, line by line, and its hash as the last line: `{"sha256":"HEX"}`. A client
/// that does not see that line has not got everything. Runs on the thread for long work; a second one at the same time
/// is 503.
http::Response export_response(Context& context);

/// The journal as a backup (store/backup/), an exact prefix of every lane however much comes in meanwhile. Whether it
/// is whole, its own end says. One at a time, as with exports.
http::Response backup_response(Context& context);

}  // namespace fairlead::api
