#include "sources/events.h"

#include <algorithm>

#include "base/limits.h"
#include "sources/events/batch.h"
#include "sources/events/event_types.h"
#include "sources/json.h"

namespace fairlead::sources {
namespace {

constexpr std::string_view kOrigin = "events";

/// Checks one event, and with a sink also interprets it. The one place that decides whether an event is taken.
Status read_event(simdjson::dom::element element, EventSink* sink) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return fail(ErrorCode::kInvalid, "the event is {}, write an object", describe_type(element));
  }
  EventFields in(object);
  const std::string_view type = in.name("type");
  in.time("updated_at");
  if (in.failed()) return fail(ErrorCode::kInvalid, "{}", in.error());
  if (type.empty()) return fail(ErrorCode::kInvalid, "\"type\" is missing: one of {}", known_event_types());
  const EventReader read = find_event_reader(type);
  if (read == nullptr) {
    return fail(ErrorCode::kInvalid, "\"type\" is \"{}\", write one of {}", quote(type), known_event_types());
  }
  read(in, sink);
  if (in.failed()) return fail(ErrorCode::kInvalid, "{}", in.error());
  return {};
}

std::size_t depth_max(BatchForm form) {
  return limits::kJsonDepthMax - (form == BatchForm::kArray ? 1 : 0);  // the array itself is one level
}

/// An event as one line of NDJSON: line breaks can stand between its tokens only.
void append_line(std::string& out, std::string_view event) {
  const std::size_t begin = out.size();
  out.append(event);
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), '\n', ' ');
  out.push_back('\n');
}

/// The work of `check_events`: what was accepted and what was not, event by event.
class BatchCheck {
 public:
  BatchCheck(std::string_view body, bool ndjson)
      : body_(body), form_(sent_form(body, ndjson)), splitter_(body, form_), reader_(depth_max(form_)) {}

  Result<EventBatch> run() {
    for (std::size_t index = 0;; ++index) {
      auto event = splitter_.next();
      if (!event) return fail(ErrorCode::kInvalid, "unreadable after {} events: {}", index, event.error().message);
      if (!*event) break;
      if (index == limits::kEventsPerRequestMax) {
        return fail(ErrorCode::kLimit, "more than {} events in one request; send them in several",
                    limits::kEventsPerRequestMax);
      }
      RETURN_IF_ERROR(take(index, **event));
    }
    if (accepted_.empty() && unreadable_lines_ > 0 && unreadable_lines_ == batch_.rejected.size()) {
      return fail(ErrorCode::kInvalid, "unreadable: {}", batch_.rejected.front().error);
    }
    batch_.accepted = accepted_.size();
    batch_.whole_body = batch_.rejected.empty();
    if (!batch_.whole_body) {
      for (const std::string_view event : accepted_) append_line(batch_.accepted_body, event);
    }
    return std::move(batch_);
  }

 private:
  Status take(std::size_t index, std::string_view event) {
    if (event.size() > kEventBytesMax) {
      reject(index, fmt::format("the event has {} bytes, at most {} are allowed", event.size(), kEventBytesMax));
      return {};
    }
    const auto root = reader_.parse(event);
    if (!root) return take_unreadable(index, event, root.error().message);
    if (const Status read = read_event(*root, nullptr); !read) {
      reject(index, read.error().message);
    } else {
      accepted_.push_back(event);
    }
    return {};
  }

  /// A line stands for itself; one document with a broken place is no document.
  Status take_unreadable(std::size_t index, std::string_view event, std::string_view why) {
    const auto byte = event.data() - body_.data();
    if (form_ == BatchForm::kLines) {
      ++unreadable_lines_;
      reject(index, fmt::format("the line that begins at byte {}: {}", byte, why));
      return {};
    }
    if (form_ == BatchForm::kArray) {
      return fail(ErrorCode::kInvalid, "unreadable: event {}, which begins at byte {}: {}", index, byte, why);
    }
    return fail(ErrorCode::kInvalid, "unreadable: {}", why);
  }

  void reject(std::size_t index, std::string why) { batch_.rejected.push_back({index, std::move(why)}); }

  std::string_view body_;
  BatchForm form_;
  BatchSplitter splitter_;
  JsonReader reader_;
  EventBatch batch_;
  std::vector<std::string_view> accepted_;
  std::size_t unreadable_lines_ = 0;
};

Status interpret_event(JsonReader& reader, std::string_view event, EventSink& sink) {
  ASSIGN_OR_RETURN(const simdjson::dom::element root, reader.parse(event));
  return read_event(root, &sink);
}

class EventsSource final : public Source {
 public:
  SourceName name() const override { return SourceName{kOrigin}; }
  std::string_view title() const override { return "Own events"; }
  std::span<const std::string_view> kept_headers() const override { return {}; }
  Origin origin(const Headers&) const override { return Origin{kOrigin}; }

  /// Our own format carries no signature: who may post it is decided by a token.
  Result<Verified> verify(const Headers&, std::string_view, std::span<const std::string>) const override {
    return fail(ErrorCode::kUnauthorized, "events are no webhook: post them to /api/v1/events with a token");
  }

  Interpretation interpret(const Delivery& delivery, const Policy& policy) const override;
};

/// What `check_events` let through is readable. Should a later version be stricter, an event that it cannot read any
/// more costs only itself.
Interpretation EventsSource::interpret(const Delivery& delivery, const Policy&) const {
  Interpretation out;
  EventSink sink{delivery, out};
  BatchSplitter splitter(delivery.body, journaled_form(delivery.body));
  JsonReader reader;
  std::size_t events = 0;
  std::size_t failed = 0;
  for (bool more = true; more;) {
    const auto event = splitter.next();
    if (event && !*event) break;
    more = event.has_value();  // a splitter that failed has nothing more to say
    const Status read = event ? interpret_event(reader, **event, sink) : std::unexpected(event.error());
    if (!read && failed++ == 0) out.reason = fmt::format("event {}: {}", events, read.error().message);
    ++events;
  }
  if (events == 0) {
    out.outcome = Interpretation::Outcome::kIgnored;
    out.reason = "no event in it";
  } else if (failed == events) {
    out.outcome = Interpretation::Outcome::kQuarantined;
  }
  return out;
}

}  // namespace

Result<EventBatch> check_events(std::string_view body, bool ndjson) {
  return BatchCheck(body, ndjson).run();
}

const Source& events_source() {
  static const EventsSource source;
  return source;
}

}  // namespace fairlead::sources
