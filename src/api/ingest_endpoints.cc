#include "api/ingest_endpoints.h"

#include <algorithm>

#include "api/problems.h"
#include "api/verified_delivery.h"
#include "base/json_text.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kIdempotencyKeyBytesMax = 255;

void append_rejected(std::string& out, std::span<const sources::RejectedEvent> rejected) {
  out += "\"rejected\":[";
  for (std::size_t i = 0; i < rejected.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}{{\"index\":{},\"error\":", i == 0 ? "" : ",", rejected[i].index);
    append_json_string(out, rejected[i].error);
    out += '}';
  }
  out += ']';
}

/// Every event was invalid: problem+json with the members of the usual answer beside it.
http::Response nothing_valid(std::span<const sources::RejectedEvent> rejected) {
  http::Response response =
      http::problem(422, "Unprocessable Content", "None of the events is valid; `rejected` says why.");
  response.body.back() = ',';  // the object goes on
  response.body += "\"accepted\":0,\"duplicates\":0,";
  append_rejected(response.body, rejected);
  response.body += '}';
  return response;
}

/// Why nothing was stored. A full queue and a full disk both heal, so both say when to come back.
http::Response refused(const Error& error) {
  if (error.code != ErrorCode::kIo) return problem_of(error);
  http::Response response = http::problem(507, "Insufficient Storage", error.message);
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

struct Submission {
  std::string actor;
  std::size_t events = 1;
  std::vector<sources::RejectedEvent> rejected;
};

http::Response answer(const Result<store::Appended>& result, const Submission& submission) {
  if (!result) return refused(result.error());
  const std::size_t n = submission.events;
  http::Response response;
  switch (result->outcome) {
    case store::Appended::Outcome::kStored:
    case store::Appended::Outcome::kSpooled:  // Without a number: the store that draws them is away.
      response = http::Response::json(200, ingest_answer(n, 0, submission.rejected));
      break;
    case store::Appended::Outcome::kDuplicate:
      response = http::Response::json(200, ingest_answer(0, n, submission.rejected));
      break;
    case store::Appended::Outcome::kConflict:
      return http::problem(409, "Conflict",
                           "This delivery id came before with another body. A new body needs a new id.");
  }
  if (result->position.sequence != 0) {
    response.headers.emplace_back("Fairlead-Sequence", format_position(result->position));
  }
  return response;
}

/// The only way into the journal: it takes nothing but a VerifiedDelivery.
void submit(Context& context, VerifiedDelivery delivery, Submission submission, http::Responder responder) {
  struct Call {
    Submission submission;
    http::Responder responder;
  };
  auto call = std::make_shared<Call>(std::move(submission), std::move(responder));
  context.engine.submit(std::move(delivery).take(), [&context, call](const Result<store::Appended>& result) {
    // After the commit: the delivery is on stable storage. Noted before the answer, so that whoever has the answer
    // reads what it wrote.
    if (result) context.written.note(call->submission.actor, result->position);
    call->responder(answer(result, call->submission));
  });
}

void handle_hook(Context& context, http::Request request, http::Responder responder) {
  const std::string& source_name = request.path_parameters[0];
  const std::string_view hook_name =
      request.path_parameters.size() > 1 ? std::string_view(request.path_parameters[1]) : std::string_view();
  const sources::Source* source = context.source(source_name);
  const HookOptions* hook = context.hook(source_name, hook_name);
  const std::span<const std::string> secrets =
      hook != nullptr ? std::span(hook->secrets) : std::span<const std::string>();
  const auto counters = context.hook_counters.find(source_name);

  Result<VerifiedDelivery> delivery = verify_hook(source, secrets, request, context.clock.now());
  if (!delivery) {
    if (counters != context.hook_counters.end()) {
      counters->second.signature_failures.fetch_add(1, std::memory_order_relaxed);
    } else {
      context.unknown_hooks.fetch_add(1, std::memory_order_relaxed);
    }
    return responder(http::problem(401, "Unauthorized",
                                   "There is no such hook, it has no secret yet, or the signature does not match it."));
  }
  if (counters != context.hook_counters.end()) {
    counters->second.delivered.fetch_add(1, std::memory_order_relaxed);
    counters->second.last_delivered_ms.store(context.clock.now().ms, std::memory_order_relaxed);
  }
  submit(context, *std::move(delivery), {"hook:" + source_name, 1, {}}, std::move(responder));
}

bool is_ndjson(const http::Request& request) {
  const std::string_view type = request.header("content-type").value_or("");
  return type.starts_with("application/x-ndjson") || type.starts_with("application/ndjson");
}

Result<bool> dry_run_of(const http::Request& request) {
  for (const auto& [name, value] : request.query) {
    if (name != "dry_run") {
      return fail(ErrorCode::kInvalid, "unknown parameter '{}': this takes dry_run", name);
    }
    if (value != "true" && value != "false") {
      return fail(ErrorCode::kInvalid, "the parameter dry_run is '{}': write true or false", value);
    }
  }
  return request.parameter("dry_run") == "true";
}

void handle_events(Context& context, http::Request request, http::Responder responder) {
  const Result<bool> dry_run = dry_run_of(request);
  if (!dry_run) return responder(problem_of(dry_run.error()));
  const std::string_view key = request.header("idempotency-key").value_or("");
  if (key.size() > kIdempotencyKeyBytesMax) {
    return responder(http::problem(
        400, "Bad Request", fmt::format("The Idempotency-Key is longer than {} bytes.", kIdempotencyKeyBytesMax)));
  }
  Result<sources::EventBatch> batch = sources::check_events(request.body, is_ndjson(request));
  if (!batch) return responder(problem_of(batch.error()));
  if (batch->accepted == 0 && !batch->rejected.empty()) return responder(nothing_valid(batch->rejected));
  const std::string_view actor = actor_of(request);
  std::string id =
      events_delivery_id(actor, key, batch->whole_body ? std::string_view(request.body) : batch->accepted_body);
  if (*dry_run || batch->accepted == 0) {
    return responder(http::Response::json(200, ingest_answer(batch->accepted, 0, batch->rejected)));
  }
  Submission submission{std::string(actor), batch->accepted, std::move(batch->rejected)};
  VerifiedDelivery delivery =
      verified_events(std::move(id), batch->whole_body ? std::move(request.body) : std::move(batch->accepted_body),
                      context.clock.now());
  submit(context, std::move(delivery), std::move(submission), std::move(responder));
}

}  // namespace

std::string ingest_answer(std::size_t accepted, std::size_t duplicates,
                          std::span<const sources::RejectedEvent> rejected) {
  std::string out;
  fmt::format_to(std::back_inserter(out), "{{\"accepted\":{},\"duplicates\":{},", accepted, duplicates);
  append_rejected(out, rejected);
  out += '}';
  return out;
}

void add_ingest_endpoints(Endpoints& endpoints, Context& context) {
  const std::vector<Reply> stored{
      {200, "On stable storage, or a duplicate of what is there.", "IngestAnswer"},
      {401, "No such hook, no secret, or a signature that does not match. Nothing was read or stored.", "Problem",
       http::kProblemType},
      {409, "The delivery id came before with another body.", "Problem", http::kProblemType},
      {503, "The queue is full: come back after Retry-After.", "Problem", http::kProblemType},
      {507, "Storage refuses.", "Problem", http::kProblemType}};
  const auto hook = [&context](http::Request request, http::Responder responder) {
    handle_hook(context, std::move(request), std::move(responder));
  };
  for (const auto& [pattern, id] :
       {std::pair{"/hooks/{source}", "postHook"}, std::pair{"/hooks/{source}/{name}", "postNamedHook"}}) {
    endpoints.push_back(
        {{http::Method::kPost, pattern, http::Access::kHook, http::RunOn::kConnection, limits::kHookBodyBytesMax, hook},
         id,
         "ingest",
         "Takes one delivery of a tool, signed with the hook's secret.",
         {},
         "Anything",
         {"application/json", "application/x-www-form-urlencoded"},
         stored});
  }
  std::vector<Reply> replies = stored;
  replies[1] = {422, "None of the events is valid.", "RejectedEvents", http::kProblemType};
  endpoints.push_back({{http::Method::kPost, "/api/v1/events", http::Access::kIngest, http::RunOn::kConnection,
                        limits::kEventsBodyBytesMax,
                        [&context](http::Request request, http::Responder responder) {
                          handle_events(context, std::move(request), std::move(responder));
                        }},
                       "postEvents",
                       "ingest",
                       "Takes events of Fairlead's own format: one object, an array, or NDJSON.",
                       {"dry_run"},
                       "Events",
                       {"application/json", "application/x-ndjson"},
                       std::move(replies)});
}

}  // namespace fairlead::api
