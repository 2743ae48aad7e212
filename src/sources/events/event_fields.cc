#include "sources/events/event_fields.h"

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "sources/json.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kQuotedBytesMax = 64;  // of a wrong value, in a message

using simdjson::dom::element_type;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string quote(std::string_view text) {
  std::string out = clean_utf8(text, kQuotedBytesMax);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return out;
}

void EventSink::count_unknown(std::string_view name, std::string_view value) {
  out.unknown_values.push_back(std::string(name).append("=").append(quote(value)));
}

IdText::IdText(std::uint64_t number, bool negative) {
  char* begin = digits_.data();
  if (negative) *begin++ = '-';
  size_ = static_cast<std::size_t>(std::to_chars(begin, digits_.data() + digits_.size(), number).ptr - digits_.data());
}

EventFields::EventFields(simdjson::dom::object object) {
  for (const auto [key, value] : object) {
    const std::size_t slot = find_field(key);
    if (slot == kNoField) continue;  // of a later version or the sender's own: kept in the journal, not read
    values_[slot] = value;
    present_[slot] = true;
  }
}

bool EventFields::has(FieldName field) const {
  return find(field) != nullptr;
}

bool EventFields::says_none(FieldName field) const {
  return present_[field.slot()] && values_[field.slot()].is_null();
}

const simdjson::dom::element* EventFields::find(FieldName field) const {
  if (!present_[field.slot()] || values_[field.slot()].is_null()) return nullptr;
  return &values_[field.slot()];
}

const simdjson::dom::element* EventFields::find_as(FieldName field, element_type type, std::string_view wanted) {
  const auto* value = find(field);
  if (value == nullptr || value->type() == type) return value;
  reject_type(field, *value, wanted);
  return nullptr;
}

void EventFields::reject(std::string message) {
  if (error_.empty()) error_ = std::move(message);
}

void EventFields::reject_type(FieldName field, simdjson::dom::element element, std::string_view wanted) {
  reject(fmt::format("\"{}\" is {}, write {}", field.text(), describe_type(element), wanted));
}

void EventFields::require(FieldName field, std::string_view hint) {
  if (!has(field)) reject(fmt::format("\"{}\" is missing: {}", field.text(), hint));
}

bool EventFields::check_name(std::string_view field, std::string_view value) {
  if (value.size() > limits::kNameBytesMax) {
    reject(fmt::format("\"{}\" has {} bytes, at most {} are allowed", field, value.size(), limits::kNameBytesMax));
  } else if (std::ranges::any_of(value, is_control)) {
    reject(fmt::format("\"{}\" holds a control character (a NUL, a tab or a line break, perhaps)", field));
  }
  return !failed();
}

bool EventFields::check_count(FieldName field, std::size_t count, std::size_t count_max) {
  // simdjson's own count saturates at 2^24 - 1, far above every limit here.
  if (count > count_max) {
    reject(fmt::format("\"{}\" has {} entries, at most {} are allowed", field.text(), count, count_max));
  }
  return !failed();
}

void EventFields::take_over(FieldName field, std::size_t index, const EventFields& item) {
  if (item.failed()) reject(fmt::format("\"{}\"[{}]: {}", field.text(), index, item.error()));
  latest_ = std::max(latest_, item.latest_);
}

std::string_view EventFields::name(FieldName field) {
  const std::string_view value = text(field);
  return check_name(field.text(), value) ? value : std::string_view{};
}

IdText EventFields::id(FieldName field) {
  const auto* value = find(field);
  if (value == nullptr) return {};
  std::int64_t signed_number = 0;
  std::uint64_t number = 0;
  if (value->get(number) == simdjson::SUCCESS) return IdText(number, false);
  if (value->get(signed_number) == simdjson::SUCCESS)
    return IdText(0 - static_cast<std::uint64_t>(signed_number), true);
  if (!value->is_string()) reject_type(field, *value, "a text or a whole number");
  return failed() ? IdText() : IdText(name(field));
}

std::string_view EventFields::sha(FieldName field) {
  const std::string_view value = name(field);
  if (value.size() > limits::kShaBytesMax) {
    reject(fmt::format("\"{}\" has {} bytes, a sha has at most {}", field.text(), value.size(), limits::kShaBytesMax));
  }
  return value;
}

RepositoryName EventFields::repository(FieldName field) {
  const std::string_view value = name(field);
  if (value.empty() || failed()) return {};
  RepositoryName repository = repository_name(value);
  if (repository.empty()) {
    reject(fmt::format("\"{}\" is \"{}\", write host/path, for example \"github.com/acme/api\"", field.text(),
                       quote(value)));
  }
  return repository;
}

std::string_view EventFields::url(FieldName field) {
  const std::string_view value = text(field);
  if (value.empty()) return value;
  if (value.size() > kUrlBytesMax) {
    reject(fmt::format("\"{}\" has {} bytes, at most {} are allowed", field.text(), value.size(), kUrlBytesMax));
  } else if (std::ranges::any_of(value, is_control) ||
             !(value.starts_with("https://") || value.starts_with("http://"))) {
    reject(fmt::format("\"{}\" is no address that begins with http:// or https://", field.text()));
  }
  return failed() ? std::string_view{} : value;
}

std::string_view EventFields::text(FieldName field) {
  const auto* value = find_as(field, element_type::STRING, "a text");
  return value == nullptr ? std::string_view{} : text_of(field, *value);
}

std::string_view EventFields::text_of(FieldName field, simdjson::dom::element element) {
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) reject_type(field, element, "a text");
  return text;
}

void EventFields::expect_count(FieldName field, simdjson::dom::element element) {
  std::uint64_t count = 0;
  if (element.get(count) != simdjson::SUCCESS) reject_type(field, element, "whole numbers from 0 on");
}

std::optional<Instant> EventFields::time(FieldName field) {
  const auto* value = find(field);
  if (value == nullptr) return std::nullopt;
  std::string_view text;
  double number = 0;
  Result<Instant> at = Instant{};
  if (value->get(text) == simdjson::SUCCESS) {
    at = parse_time(text);
  } else if (value->get(number) == simdjson::SUCCESS) {
    at = time_from_epoch(number);
  } else {
    reject_type(field, *value, "a time: RFC 3339, or seconds or milliseconds since 1970");
    return std::nullopt;
  }
  if (!at) {
    reject(
        fmt::format("\"{}\" is no time: write RFC 3339, for example \"2026-01-05T10:00:00Z\", or seconds or "
                    "milliseconds since 1970",
                    field.text()));
    return std::nullopt;
  }
  if (!plausible(*at)) {
    reject(fmt::format("\"{}\" is {}, outside 1970 to 2199", field.text(), format_time(*at)));
    return std::nullopt;
  }
  if (field.slot() == FieldName("updated_at").slot()) {
    updated_at_ = *at;
  } else {
    latest_ = std::max(latest_, std::optional(*at));
  }
  return *at;
}

std::optional<std::int64_t> EventFields::integer(FieldName field, std::int64_t min, std::int64_t max) {
  const auto* value = find(field);
  if (value == nullptr) return std::nullopt;
  std::int64_t number = 0;
  if (value->get(number) == simdjson::SUCCESS && number >= min && number <= max) return number;
  if (value->is_number()) {
    reject(fmt::format("\"{}\" is not a whole number from {} to {}", field.text(), min, max));
  } else {
    reject_type(field, *value, "a whole number");
  }
  return std::nullopt;
}

std::optional<double> EventFields::number(FieldName field) {
  const auto* value = find(field);
  if (value == nullptr) return std::nullopt;
  double number = 0;
  if (value->get(number) == simdjson::SUCCESS) return number;
  reject_type(field, *value, "a number");
  return std::nullopt;
}

bool EventFields::flag(FieldName field) {
  const auto* value = find_as(field, element_type::BOOL, "true or false");
  bool flag = false;
  return value != nullptr && value->get(flag) == simdjson::SUCCESS && flag;
}

std::string derived_id(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) {
    fmt::format_to(std::back_inserter(joined), "{}:{}", part.size(), part);
  }
  const Sha256 hash = sha256(joined);
  return "auto-" + to_hex(bytes_of(hash).substr(0, 16));
}

std::string time_part(std::optional<Instant> at) {
  return at ? std::to_string(at->ms) : std::string();
}

std::string run_key(std::string_view run_id, std::optional<std::int64_t> attempt) {
  if (attempt.value_or(1) == 1) return std::string(run_id);
  return fmt::format("{}/{}", run_id, *attempt);
}

std::string task_key(std::string_view run_id, std::string_view task_id) {
  return fmt::format("{}/{}", run_id, task_id);
}

namespace {

std::optional<Instant> time_of_status(RunStatus status, const StatusTimes& times) {
  if (status == RunStatus::kQueued) return times.queued_at;
  if (status == RunStatus::kRunning) return times.started_at;
  return times.finished_at;
}

}  // namespace

ReadStatus read_status(const EventFields& in, std::string_view word, const StatusTimes& times, std::string_view name,
                       EventSink& sink) {
  if (word.empty() && !times.finished_at) return {};
  StatusAt status{parse_run_status(word), std::nullopt};
  if (status.status == RunStatus::kUnknown && !word.empty() && word != to_string(RunStatus::kUnknown)) {
    sink.count_unknown(name, word);
  }
  status.at = time_of_status(status.status, times);
  if (!status.at) status.at = in.updated_at();
  if (!status.at && !in.said_at()) status.at = sink.delivery.received_at;
  return {status, status_rank(status.status)};
}

std::optional<std::optional<Instant>> known_or_none(const EventFields& in, FieldName field, std::optional<Instant> at) {
  if (at) return at;
  if (in.says_none(field)) return std::optional<Instant>();
  return std::nullopt;
}

void put_simulated(Register<bool>& field, Stamp stamp, bool simulated) {
  if (simulated) field = {stamp, true};
}

}  // namespace fairlead::sources
