#pragma once

// Reading one event. `check_events` and `interpret` run the same functions over the same fields, so what the one
// accepts the other can read. Checking alone allocates next to nothing for an event in order: it stands between a
// request and its acknowledgement.

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/delivery.h"
#include "model/observation.h"
#include "sources/events/field_name.h"

namespace fairlead::sources {

/// A wrong value as a message may show it: short, and on one line.
std::string quote(std::string_view text);

/// Where the observations of one event go. Readers get a null pointer instead while an event is only checked.
struct EventSink {
  const Delivery& delivery;
  Interpretation& out;

  void add(Observation observation) { out.observations.push_back(std::move(observation)); }
  /// Counts an enum value that we do not know; `name` is `deployment.status` or the like.
  void count_unknown(std::string_view name, std::string_view value);
};

/// An id as people write it: a text, or a whole number.
class IdText {
 public:
  IdText() = default;
  explicit IdText(std::string_view text) : text_(text) {}
  explicit IdText(std::uint64_t number, bool negative);

  std::string_view view() const { return size_ > 0 ? std::string_view{digits_.data(), size_} : text_; }
  bool empty() const { return view().empty(); }

 private:
  std::string_view text_;
  std::array<char, 24> digits_{};
  std::size_t size_ = 0;
};

/// The fields of one event, or of one object inside it. Each reading function answers "absent" for a field that is
/// missing or null, and remembers the first thing that is wrong: call `failed()` once after all have been read.
class EventFields {
 public:
  explicit EventFields(simdjson::dom::object object);

  bool has(FieldName field) const;
  /// The field is there, and is null: `"merged_at": null` says that a change is known not to be merged.
  bool says_none(FieldName field) const;

  /// Keys and names: at most kNameBytesMax bytes, no control characters.
  std::string_view name(FieldName field);
  IdText id(FieldName field);
  std::string_view sha(FieldName field);
  RepositoryName repository(FieldName field);
  /// An absolute http or https address.
  std::string_view url(FieldName field);
  /// Free text of any length; whoever keeps it cuts it.
  std::string_view text(FieldName field);
  std::optional<Instant> time(FieldName field);
  std::optional<std::int64_t> integer(FieldName field, std::int64_t min, std::int64_t max);
  std::optional<double> number(FieldName field);
  bool flag(FieldName field);

  /// Calls `each(EventFields&)` for every object of an array.
  template <class Each>
  void each_object(FieldName field, std::size_t count_max, Each&& each);
  /// Calls `each(std::string_view)` for every text of an array; each is a name.
  template <class Each>
  void each_name(FieldName field, std::size_t count_max, Each&& each);
  /// Calls `each(std::string_view, simdjson::dom::element)` for every member of an object; each key is a name.
  template <class Each>
  void each_member(FieldName field, std::size_t count_max, Each&& each);

  /// For the values of `each_member`.
  std::string_view text_of(FieldName field, simdjson::dom::element element);
  void expect_count(FieldName field, simdjson::dom::element element);

  /// Fails unless the field is there; `hint` says what it is, with an example.
  void require(FieldName field, std::string_view hint);
  void reject(std::string message);

  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }

  /// `updated_at`, else the event's latest time. Only after all fields have been read.
  std::optional<Instant> said_at() const { return updated_at_ ? updated_at_ : latest_; }
  std::optional<Instant> updated_at() const { return updated_at_; }
  /// With the time of receipt for an event without any time (design.md, Merging).
  Stamp stamp(std::int32_t rank, const Delivery& delivery) const {
    return {rank, said_at().value_or(delivery.received_at)};
  }

 private:
  const simdjson::dom::element* find(FieldName field) const;
  const simdjson::dom::element* find_as(FieldName field, simdjson::dom::element_type type, std::string_view wanted);
  void reject_type(FieldName field, simdjson::dom::element element, std::string_view wanted);
  bool check_name(std::string_view field, std::string_view value);
  bool check_count(FieldName field, std::size_t count, std::size_t count_max);
  /// Takes over what the object at `index` of the array `field` met: its times, and its error with its place.
  void take_over(FieldName field, std::size_t index, const EventFields& item);

  std::array<simdjson::dom::element, kFieldCount> values_;
  std::array<bool, kFieldCount> present_{};
  std::optional<Instant> latest_;
  std::optional<Instant> updated_at_;
  std::string error_;
};

template <class Each>
void EventFields::each_object(FieldName field, std::size_t count_max, Each&& each) {
  const auto* value = find_as(field, simdjson::dom::element_type::ARRAY, "an array");
  if (value == nullptr) return;
  const simdjson::dom::array items = *value;
  if (!check_count(field, items.size(), count_max)) return;
  std::size_t index = 0;
  for (const simdjson::dom::element element : items) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return reject_type(field, element, "an array of objects");
    EventFields item(object);
    each(item);
    take_over(field, index++, item);
    if (failed()) return;
  }
}

template <class Each>
void EventFields::each_name(FieldName field, std::size_t count_max, Each&& each) {
  const auto* value = find_as(field, simdjson::dom::element_type::ARRAY, "an array");
  if (value == nullptr) return;
  const simdjson::dom::array items = *value;
  if (!check_count(field, items.size(), count_max)) return;
  for (const simdjson::dom::element element : items) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return reject_type(field, element, "an array of texts");
    if (!check_name(field.text(), text)) return;
    each(text);
    if (failed()) return;
  }
}

template <class Each>
void EventFields::each_member(FieldName field, std::size_t count_max, Each&& each) {
  const auto* value = find_as(field, simdjson::dom::element_type::OBJECT, "an object");
  if (value == nullptr) return;
  const simdjson::dom::object members = *value;
  if (!check_count(field, members.size(), count_max)) return;
  for (const auto [key, element] : members) {
    if (!check_name(field.text(), key)) return;
    each(key, element);
    if (failed()) return;
  }
}

/// An id for an event without one: the same parts always give the same id.
std::string derived_id(std::initializer_list<std::string_view> parts);
/// The text of a time for `derived_id`; empty when it is absent.
std::string time_part(std::optional<Instant> at);

/// The id of a run's attempt: the first is the run's own id, a later one ID/ATTEMPT.
std::string run_key(std::string_view run_id, std::optional<std::int64_t> attempt);
/// Task ids need be unique within their run only.
std::string task_key(std::string_view run_id, std::string_view task_id);

/// Reads `status` with the time that belongs to it: the finish of a terminal status, the start of a running one, the
/// queue time of a queued one; else `updated_at`; else, when the event carries no time at all, the delivery's.
struct StatusTimes {
  std::optional<Instant> queued_at;
  std::optional<Instant> started_at;
  std::optional<Instant> finished_at;

  /// The first that is known: what a derived id holds on to.
  std::optional<Instant> first() const { return queued_at ? queued_at : started_at ? started_at : finished_at; }
};
struct ReadStatus {
  std::optional<StatusAt> status;
  std::int32_t rank = 0;
};
ReadStatus read_status(const EventFields& in, std::string_view word, const StatusTimes& times, std::string_view name,
                       EventSink& sink);

/// The value of a time that may be known to be none: null says so, absence says nothing.
std::optional<std::optional<Instant>> known_or_none(const EventFields& in, FieldName field, std::optional<Instant> at);

/// `"simulated": true` is a mark that nothing takes away again: `false` says nothing.
void put_simulated(Register<bool>& field, Stamp stamp, bool simulated);

}  // namespace fairlead::sources
