#include "app/git_delivery.h"

#include <boost/json/parse.hpp>

#include "api/verified_delivery.h"
#include "sources/events.h"

namespace fairlead::app {
namespace {

std::unexpected<Error> rejected(std::string_view reason) {
  return fail(ErrorCode::kInvalid, "an event of this history is not valid: {}", reason);
}

Result<bool> append(store::Journal& journal, const Clock& clock, std::string body) {
  ASSIGN_OR_RETURN(const sources::EventBatch checked, sources::check_events(body, true));
  if (!checked.rejected.empty()) return rejected(checked.rejected.front().error);
  std::string id = api::events_delivery_id({}, {}, body);
  const Delivery delivery = api::verified_events(std::move(id), std::move(body), clock.now()).take();
  ASSIGN_OR_RETURN(const auto appended, journal.append({&delivery, 1}));
  journal.settle();
  return appended.front().outcome == store::Appended::Outcome::kStored;
}

Result<bool> post(const ControlClient& server, const std::string& body) {
  ASSIGN_OR_RETURN(const std::string text, server.call("POST", "/api/v1/events", body, "application/x-ndjson"));
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(text, error);
  const auto* const object = answer.if_object();
  const auto* const accepted = object ? object->if_contains("accepted") : nullptr;
  const auto* const refused = object ? object->if_contains("rejected") : nullptr;
  if (error || !accepted || !accepted->is_int64() || !refused || !refused->is_array()) {
    return fail(ErrorCode::kUnavailable, "the server's answer cannot be read");
  }
  if (!refused->get_array().empty()) return rejected("the server rejected it; is it older than this program?");
  return accepted->get_int64() > 0;
}

}  // namespace

imports::SendBatch into_journal(store::Journal& journal, const Clock& clock) {
  return [&journal, &clock](std::string body) { return append(journal, clock, std::move(body)); };
}

imports::SendBatch through_server(const ControlClient& server) {
  return [&server](const std::string& body) { return post(server, body); };
}

}  // namespace fairlead::app
