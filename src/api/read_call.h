#pragma once

#include <boost/json/array.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/endpoint.h"

namespace fairlead::api {

/// One read under way: its query is parsed, its credential's own writes are in the snapshot.
struct ReadCall {
  Context& context;
  const http::Request& request;
  const Parameters& parameters;
  store::DerivedReader& reader;
  Instant now;
};

using Read = std::function<Result<http::Response>(ReadCall&)>;

/// The handler of a read on the pool: parses the query by `names`, waits for the credential's own writes, opens a
/// snapshot, calls `read`. Adds `Fairlead-Lag` where the wait was too short, and `Server-Timing`.
http::Handler read_handler(Context& context, std::vector<std::string_view> names, Read read);

/// A GET on the pool for viewers, at `limits::kBodyBytesMax`.
Endpoint read_endpoint(Context& context, std::string pattern, std::string_view id, std::string_view tag,
                       std::string_view summary, std::vector<std::string_view> names, std::vector<Reply> replies,
                       Read read);

/// `{"items":[…],"next_cursor":…}`, or the same rows as CSV with the next page in a Link header.
http::Response list_response(const ReadCall& call, boost::json::array items, std::string_view next_cursor,
                             std::span<const std::string> columns);

/// The entity that the path's first parameter names; kNotFound for one of another kind, too.
Result<store::EntityRow> entity_of_path(ReadCall& call, EntityKind kind);

}  // namespace fairlead::api
