#include "api/operation_endpoints.h"

#include <charconv>
#include <functional>

#include "api/authorizer.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

void open_stream(Context& context, const http::Request& request, http::Responder& responder) {
  if (!request.query.empty()) {
    return responder(http::problem(400, "Bad Request",
                                   fmt::format("unknown parameter '{}': this takes none", request.query[0].first)));
  }
  std::optional<std::uint64_t> last_event_id;
  if (const auto text = request.header("last-event-id"); text && !text->empty()) {
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
    const bool readable = error == std::errc{} && end == text->data() + text->size();
    // An id that is not ours gets what one that is too old gets: a resync.
    last_event_id = readable ? id : std::numeric_limits<std::uint64_t>::max();
  }
  // Under a session the stream is the session's, and ends with it.
  std::function<bool()> allowed;
  if (const auto key = request.header(kSessionHeader)) {
    allowed = [&context, session = std::string(*key)] { return context.sessions.alive(session); };
  }
  const std::string_view owner = request.header(kSessionHeader).value_or(actor_of(request));
  responder(context.streams.open(std::string(owner), last_event_id, std::move(allowed)));
}

}  // namespace

void add_operation_endpoints(Endpoints& endpoints, Context& context) {
  endpoints.push_back(
      {{http::Method::kGet, "/api/v1/stream", http::Access::kViewer, http::RunOn::kConnection, limits::kBodyBytesMax,
        [&context](const http::Request& request, http::Responder responder) {
          open_stream(context, request, responder);
        }},
       "openStream",
       "operation",
       "Server-sent events: `ready`, `delivery`, `entity`, `report`, and `resync` where the client must "
       "read everything anew. Last-Event-ID goes on where a client was.",
       {},
       {},
       {},
       {{200, "A stream that stays open.", "", "text/event-stream"},
        {503, "Too many streams.", "Problem", http::kProblemType}}});
}

}  // namespace fairlead::api
