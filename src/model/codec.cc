#include "model/codec.h"

#include "model/wire.h"

namespace fairlead {
namespace {

using wire::Reader;
using wire::Writer;

// Stored on disk, append only. A row starts with its format's version; fields that are added later get new tags and
// need no new version.
constexpr std::uint8_t kEntityFormat = 1;

// ---------------------------------------------------------------------------------------------------------------------
// Values. Each type writes itself and reads itself back; a reader takes exactly what its writer wrote.

void write_value(Writer& out, const std::string& value) {
  out.text(value);
}
void read_value(Reader& in, std::string& value) {
  value = in.text();
}

template <class Tag>
void write_value(Writer& out, const Name<Tag>& value) {
  out.text(value.text);
}
template <class Tag>
void read_value(Reader& in, Name<Tag>& value) {
  value.text = in.text();
}

void write_value(Writer& out, Instant value) {
  out.time(value);
}
void read_value(Reader& in, Instant& value) {
  value = in.time();
}

void write_value(Writer& out, std::int64_t value) {
  out.integer(value);
}
void read_value(Reader& in, std::int64_t& value) {
  value = in.integer();
}

void write_value(Writer& out, bool value) {
  out.byte(value ? 1 : 0);
}
void read_value(Reader& in, bool& value) {
  const std::uint8_t byte = in.byte();
  if (byte > 1) in.fail();
  value = byte == 1;
}

template <class T>
void write_value(Writer& out, const std::optional<T>& value) {
  write_value(out, value.has_value());
  if (value) write_value(out, *value);
}
template <class T>
void read_value(Reader& in, std::optional<T>& value) {
  bool known = false;
  read_value(in, known);
  if (known) read_value(in, value.emplace());
}

// The greatest value of each enum that this program knows.
constexpr RunStatus greatest(RunStatus) {
  return RunStatus::kSkipped;
}
constexpr DeploymentKind greatest(DeploymentKind) {
  return DeploymentKind::kRework;
}
constexpr DeploymentVia greatest(DeploymentVia) {
  return DeploymentVia::kRun;
}
constexpr ReviewState greatest(ReviewState) {
  return ReviewState::kDismissed;
}
constexpr Severity greatest(Severity) {
  return Severity::kCritical;
}
constexpr FailureClass greatest(FailureClass) {
  return FailureClass::kTimeout;
}
constexpr AlertStatus greatest(AlertStatus) {
  return AlertStatus::kResolved;
}

template <class Enum>
requires std::is_enum_v<Enum>
void write_value(Writer& out, Enum value) {
  out.byte(static_cast<std::uint8_t>(value));
}
template <class Enum>
requires std::is_enum_v<Enum>
void read_value(Reader& in, Enum& value) {
  const std::uint8_t byte = in.byte();
  if (byte > static_cast<std::uint8_t>(greatest(value))) return in.fail();
  value = static_cast<Enum>(byte);
}

void write_value(Writer& out, const StatusAt& value) {
  write_value(out, value.status);
  write_value(out, value.at);
}
void read_value(Reader& in, StatusAt& value) {
  read_value(in, value.status);
  read_value(in, value.at);
}

void write_value(Writer& out, const CommitRef& value) {
  write_value(out, value.repository);
  write_value(out, value.sha);
}
void read_value(Reader& in, CommitRef& value) {
  read_value(in, value.repository);
  read_value(in, value.sha);
}

void write_value(Writer& out, const Review& value) {
  write_value(out, value.at);
  write_value(out, value.by);
  write_value(out, value.state);
}
void read_value(Reader& in, Review& value) {
  read_value(in, value.at);
  read_value(in, value.by);
  read_value(in, value.state);
}

void write_value(Writer& out, const ListedCommit& value) {
  write_value(out, value.sha);
  write_value(out, value.authored_at);
  write_value(out, value.message);
}
void read_value(Reader& in, ListedCommit& value) {
  read_value(in, value.sha);
  read_value(in, value.authored_at);
  read_value(in, value.message);
}

template <class T>
void write_value(Writer& out, const std::vector<T>& values) {
  out.number(values.size());
  for (const T& value : values) write_value(out, value);
}
template <class T>
void read_value(Reader& in, std::vector<T>& values) {
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && !in.failed(); ++i) read_value(in, values.emplace_back());
}

template <class T>
void write_value(Writer& out, const std::set<T>& values) {
  out.number(values.size());
  for (const T& value : values) write_value(out, value);
}
template <class T>
void read_value(Reader& in, std::set<T>& values) {
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    T value{};
    read_value(in, value);
    values.insert(values.end(), std::move(value));
  }
}

void write_value(Writer& out, const std::map<std::string, std::string>& values) {
  out.number(values.size());
  for (const auto& [name, value] : values) {
    out.text(name);
    out.text(value);
  }
}
void read_value(Reader& in, std::map<std::string, std::string>& values) {
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    std::string name(in.text());
    values.insert_or_assign(values.end(), std::move(name), std::string(in.text()));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Fields. Most registers of an entity carry one stamp, that of the delivery which said them all: the row holds it once,
// and a register that agrees with it spends a single byte.

void write_own_stamp(Writer& out, const Stamp& stamp) {
  out.integer(stamp.rank);
  out.time(stamp.at);
}

Stamp read_own_stamp(Reader& in) {
  const std::int64_t rank = in.integer();
  if (rank < INT32_MIN || rank > INT32_MAX) in.fail();
  Stamp stamp;
  stamp.rank = static_cast<std::int32_t>(rank);
  stamp.at = in.time();
  return stamp;
}

enum class StampForm : std::uint8_t { kOfRow = 0, kOwn = 1 };

template <class T>
bool empty_field(const Register<T>& field) {
  return !field.known();
}
template <class T>
bool empty_field(const std::set<T>& field) {
  return field.empty();
}

template <class T>
void write_field(Writer& out, const Register<T>& field, const Stamp& row_stamp) {
  const bool own = field.stamp != row_stamp;
  out.byte(static_cast<std::uint8_t>(own ? StampForm::kOwn : StampForm::kOfRow));
  if (own) write_own_stamp(out, field.stamp);
  write_value(out, *field.value);
}
template <class T>
void write_field(Writer& out, const std::set<T>& field, const Stamp&) {
  write_value(out, field);
}

template <class T>
void read_field(Reader& in, Register<T>& field, const Stamp& row_stamp) {
  const std::uint8_t form = in.byte();
  if (form > static_cast<std::uint8_t>(StampForm::kOwn)) return in.fail();
  field.stamp = form == static_cast<std::uint8_t>(StampForm::kOwn) ? read_own_stamp(in) : row_stamp;
  read_value(in, field.value.emplace());
}
template <class T>
void read_field(Reader& in, std::set<T>& field, const Stamp&) {
  read_value(in, field);
}

/// The stamp of the first register that is set: any fixed choice will do, as long as equal entities make the same.
template <class T>
Stamp row_stamp_of(const T& entity) {
  std::optional<Stamp> stamp;
  entity.visit_fields([&](int, const char*, const auto& field) {
    if constexpr (requires { field.stamp; }) {
      if (!stamp && field.known()) stamp = field.stamp;
    }
  });
  return stamp.value_or(Stamp{});
}

template <class T>
std::string encode_entity(const T& entity) {
  std::string row;
  row.reserve(256);
  Writer out(row);
  out.byte(kEntityFormat);
  out.byte(static_cast<std::uint8_t>(T::kKind));
  out.text(entity.identity.origin.text);
  out.text(entity.identity.id);
  const Stamp row_stamp = row_stamp_of(entity);
  write_own_stamp(out, row_stamp);
  std::string payload;
  entity.visit_fields([&](int tag, const char*, const auto& field) {
    if (empty_field(field)) return;
    payload.clear();
    Writer field_out(payload);
    write_field(field_out, field, row_stamp);
    out.number(static_cast<std::uint64_t>(tag));
    out.text(payload);
  });
  return row;
}

template <class T>
Result<Entity> decode_fields(Reader& in) {
  T entity;
  entity.identity.origin.text = in.text();
  entity.identity.id = in.text();
  const Stamp row_stamp = read_own_stamp(in);
  std::uint64_t last_tag = 0;
  bool payloads_fit = true;
  while (!in.at_end() && payloads_fit) {
    const std::uint64_t tag = in.number();
    Reader payload(in.text());
    if (in.failed() || tag <= last_tag)
      return fail(ErrorCode::kCorrupt, "a stored row is damaged after field {}", last_tag);
    last_tag = tag;
    // A tag that no field has is a newer program's: passed over.
    entity.visit_fields([&](int known_tag, const char*, auto& field) {
      if (static_cast<std::uint64_t>(known_tag) != tag) return;
      read_field(payload, field, row_stamp);
      payloads_fit = !payload.failed() && payload.at_end();
    });
  }
  if (in.failed() || !payloads_fit) return fail(ErrorCode::kCorrupt, "a stored row is damaged in field {}", last_tag);
  return Entity{std::move(entity)};
}

}  // namespace

std::string encode(const Entity& entity) {
  return std::visit([](const auto& e) { return encode_entity(e); }, entity);
}

Result<Entity> decode_entity(std::string_view bytes) {
  Reader in(bytes);
  if (const std::uint8_t format = in.byte(); format != kEntityFormat) {
    return fail(ErrorCode::kCorrupt, "a stored row has format {}, and this program reads {}", format, kEntityFormat);
  }
  const auto kind = static_cast<EntityKind>(in.byte());
  switch (kind) {
    case EntityKind::kRun:
      return decode_fields<Run>(in);
    case EntityKind::kTask:
      return decode_fields<Task>(in);
    case EntityKind::kDeployment:
      return decode_fields<Deployment>(in);
    case EntityKind::kChange:
      return decode_fields<Change>(in);
    case EntityKind::kCommit:
      return decode_fields<Commit>(in);
    case EntityKind::kIncident:
      return decode_fields<Incident>(in);
    case EntityKind::kAlert:
      return decode_fields<Alert>(in);
    case EntityKind::kCanary:
      return decode_fields<Canary>(in);
    case EntityKind::kTarget:
      break;
  }
  return fail(ErrorCode::kCorrupt, "a stored row has an unknown kind {}", static_cast<int>(kind));
}

}  // namespace fairlead
