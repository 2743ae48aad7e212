#include "http/call.h"

#include <algorithm>
#include <exception>

#include "http/http_limits.h"
#include "http/response_writer.h"
#include "http/target.h"
#include "http/text.h"

namespace fairlead::http {
namespace {

constexpr std::string_view kOwnPrefix = "fairlead-";
constexpr std::string_view kRequestIdField = "fairlead-request-id";
/// The one field of ours that clients send (docs/http.md).
constexpr std::string_view kAfterField = "fairlead-after";
constexpr std::size_t kRequestIdBytesMax = 64;

Response refusal_response(const Refusal& refusal) {
  return problem(refusal.status, reason_phrase(refusal.status), refusal.detail);
}

bool is_request_id(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text.size() <= kRequestIdBytesMax && std::ranges::all_of(text, allowed);
}

/// Takes a trusted proxy's word for the request id, the client's address and TLS; removes what only we may say.
void apply_peer(const Service& service, const Peer& peer, Call& call) {
  Request& request = call.request;
  request.remote_address = peer.address;
  request.secure = peer.secure;
  request.local_control = peer.guest == Guest::kControl;
  if (peer.guest == Guest::kProxy) {
    request.remote_address = service.proxies.client_address(peer.address, request.headers);
    request.secure = request.secure || forwarded_over_tls(request.headers);
    if (const auto id = request.header(kRequestIdField); id && is_request_id(*id)) call.id = *id;
  }
  std::erase_if(request.headers,
                [](const auto& field) { return field.first.starts_with(kOwnPrefix) && field.first != kAfterField; });
  request.id = call.id;
}

/// Cuts the base path off the path. The control socket is local and may leave it out.
bool strip_base_path(const Service& service, Call& call) {
  std::string& path = call.request.path;
  if (service.base_path.empty()) return true;
  const bool inside = path.starts_with(service.base_path) &&
                      (path.size() == service.base_path.size() || path[service.base_path.size()] == '/');
  if (!inside) return call.request.local_control;
  path.erase(0, service.base_path.size());
  if (!path.empty()) return true;
  // Relative links of the page at the base only work below a slash.
  Response redirect;
  redirect.status = 308;
  redirect.headers.emplace_back("Location", service.base_path + "/");
  call.early = std::move(redirect);
  return true;
}

Response not_found() {
  return problem(404, "Not Found", "There is nothing at this path.");
}

Response method_not_allowed(const std::vector<Method>& allowed) {
  std::string list;
  for (const Method method : allowed) {
    if (!list.empty()) list += ", ";
    list += to_string(method);
  }
  Response response = problem(405, "Method Not Allowed", "This path takes " + list + ".");
  response.headers.emplace_back("Allow", std::move(list));
  return response;
}

void find_route(const Service& service, Call& call) {
  if (!strip_base_path(service, call)) call.early = not_found();
  if (call.early) return;
  Router::Match match = service.router.match(call.request.method, call.request.path);
  if (match.route == nullptr) {
    call.early = match.allowed.empty() ? not_found() : method_not_allowed(match.allowed);
    return;
  }
  call.route = match.route;
  call.request.path_parameters = std::move(match.path_parameters);
}

/// Before the body is read: who may not call the route cannot make us hold its body.
void authorize(const Service& service, Call& call) {
  if (auto refusal = service.authorizer(call.request, *call.route)) call.early = std::move(*refusal);
}

void check_body(Call& call) {
  if (call.framing == BodyFraming::kNone) return;
  if (const auto encoding = call.request.header("content-encoding")) {
    const auto coding = parse_content_encoding(*encoding);
    if (!coding) return call.refuse({415, "A body may be encoded with gzip or deflate, or not at all."});
    call.coding = *coding;
  }
  if (call.content_length > call.body_bytes_max) call.refuse({413, "The body is larger than this route takes."});
}

void run_handler(const Service& service, const Route& route, ContentCoding coding, Request request,
                 Responder responder) {
  if (coding != ContentCoding::kIdentity && !request.body.empty()) {
    auto inflated = inflate_body(request.body, coding, route.body_bytes_max);
    if (!inflated) return responder(refusal_response(inflated.error()));
    request.raw_body = std::exchange(request.body, std::move(*inflated));
  }
  const std::string id = request.id;
  try {
    route.handler(std::move(request), std::move(responder));
  } catch (const std::exception& error) {
    // The responder went with the handler's arguments and has answered 500.
    if (service.on_failure) {
      service.on_failure(fmt::format("request {}: the handler of {} threw: {}", id, route.pattern, error.what()));
    }
  }
}

/// A request that waits for a pool thread.
struct Waiting {
  Request request;
  Responder responder;
};

void run_on_pool(const Service& service, Call& call, Responder responder) {
  auto waiting = std::make_shared<Waiting>(std::move(call.request), std::move(responder));
  Pool::Task task = [&service, &route = *call.route, coding = call.coding, waiting] {
    run_handler(service, route, coding, std::move(waiting->request), std::move(waiting->responder));
  };
  if (service.pool->try_run(task)) return;
  Response busy = problem(503, "Service Unavailable", "Too many requests are waiting. Try again in a moment.");
  busy.headers.emplace_back("Retry-After", "1");
  waiting->responder(std::move(busy));
}

}  // namespace

void Call::refuse(const Refusal& refusal) {
  early = refusal_response(refusal);
  keep_alive = false;
}

Call refused_call(const Peer& peer, const Refusal& refusal, std::string id) {
  Call call;
  call.id = std::move(id);
  call.request.method = Method::kOther;
  call.request.id = call.id;
  call.request.remote_address = peer.address;
  call.request.local_control = peer.guest == Guest::kControl;
  call.refuse(refusal);
  return call;
}

Call open_call(const Service& service, const Peer& peer, std::string_view bytes, std::string id) {
  auto head = parse_head(bytes);
  if (!head) return refused_call(peer, head.error(), std::move(id));
  Call call;
  call.id = std::move(id);
  call.request.method = head->method;
  call.request.target = std::move(head->target);
  call.request.headers = std::move(head->headers);
  call.http11 = head->http11;
  call.keep_alive = head->keep_alive;
  call.expects_continue = head->expects_continue && head->http11;
  call.is_head = head->method == Method::kHead;
  call.framing = head->framing;
  call.content_length = head->content_length;
  if (const auto accepted = call.request.header("accept-encoding")) call.gzip_accepted = accepts_gzip(*accepted);
  apply_peer(service, peer, call);

  auto target = parse_target(call.request.target);
  if (!target) {
    call.refuse({400, target.error().message});
    return call;
  }
  call.request.path = std::move(target->path);
  call.request.query = std::move(target->query);
  const bool reads_only = call.request.method == Method::kGet || call.request.method == Method::kHead;
  if (reads_only && call.framing != BodyFraming::kNone) {
    call.refuse({400, "A GET or HEAD request has no body here."});
    return call;
  }
  if (head->unknown_expectation) {
    call.refuse({417, "The only expectation known here is 100-continue."});
    return call;
  }
  find_route(service, call);
  if (call.early) return call;
  call.body_bytes_max = call.route->body_bytes_max;
  authorize(service, call);
  if (!call.early) check_body(call);
  return call;
}

std::shared_ptr<Exchange> dispatch(const Service& service, Call& call, std::shared_ptr<Mailbox> mailbox) {
  auto exchange = std::make_shared<Exchange>(std::move(mailbox), call.gzip_accepted);
  Responder responder([exchange](Response response) { exchange->answer(std::move(response)); });
  const bool compressed = call.coding != ContentCoding::kIdentity;
  const bool large =
      call.request.body.size() > (compressed ? limits::kInflateInlineBytesMax : limits::kInlineBodyBytesMax);
  if (call.early) {
    responder(std::move(*call.early));
  } else if (call.route->run_on == RunOn::kPool || large) {
    run_on_pool(service, call, std::move(responder));
  } else {
    run_handler(service, *call.route, call.coding, std::move(call.request), std::move(responder));
  }
  return exchange;
}

Request summary_of(const Call& call) {
  Request summary;
  summary.method = call.request.method;
  summary.target = call.request.target;
  summary.path = call.request.path;
  summary.remote_address = call.request.remote_address;
  summary.secure = call.request.secure;
  summary.local_control = call.request.local_control;
  summary.id = call.request.id;
  return summary;
}

}  // namespace fairlead::http
