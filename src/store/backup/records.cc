#include "store/backup/records.h"

#include "store/backup/frames.h"
#include "store/delivery_wire.h"

namespace fairlead::store::backup {
namespace {

void put_times(wire::Writer& out, const std::optional<Instant>& at) {
  out.byte(at ? 1 : 0);
  if (at) out.time(*at);
}

std::optional<Instant> maybe_time(wire::Reader& in) {
  const std::uint8_t there = in.byte();
  if (there > 1) in.fail();
  if (there == 0) return std::nullopt;
  return in.time();
}

Role role(wire::Reader& in) {
  const std::uint8_t value = in.byte();
  if (value > static_cast<std::uint8_t>(Role::kAdmin)) in.fail();
  return static_cast<Role>(value);
}

TokenRow token(wire::Reader& in) {
  TokenRow out;
  out.id = in.text();
  out.secret_hash = in.text();
  out.role = role(in);
  out.name = in.text();
  out.created_at = in.time();
  out.revoked_at = maybe_time(in);
  return out;
}

UserRow user(wire::Reader& in) {
  UserRow out;
  out.name = in.text();
  out.password_hash = in.text();
  out.role = role(in);
  out.created_at = in.time();
  return out;
}

AuditRow audit_row(wire::Reader& in) {
  AuditRow out;
  out.at = in.time();
  out.actor = in.text();
  out.action = in.text();
  out.subject = in.text();
  return out;
}

template <class Row>
std::optional<std::vector<Row>> rows_in(std::string_view plain, Row (*read)(wire::Reader&)) {
  wire::Reader in(plain);
  std::vector<Row> rows;
  while (!in.at_end() && rows.size() <= kFrameRowsMax) rows.push_back(read(in));
  if (in.failed() || !in.at_end() || rows.empty() || rows.size() > kFrameRowsMax) return std::nullopt;
  return rows;
}

std::vector<std::uint64_t> numbers(wire::Reader& in) {
  const std::size_t count = in.count();
  if (count > kLanesMax) in.fail();
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) out.push_back(in.number());
  return out;
}

void put_numbers(wire::Writer& out, std::span<const std::uint64_t> values) {
  out.number(values.size());
  for (const std::uint64_t value : values) out.number(value);
}

}  // namespace

void put_extent(wire::Writer& out, const JournalExtent& extent) {
  out.time(extent.made_at);
  out.text(extent.made_by);
  put_numbers(out, extent.last_sequences);
}

void put_place(wire::Writer& out, JournalPosition first) {
  out.number(first.lane);
  out.number(first.sequence);
}

void put(wire::Writer& out, const TokenRow& token) {
  out.text(token.id);
  out.text(token.secret_hash);
  out.byte(static_cast<std::uint8_t>(token.role));
  out.text(token.name);
  out.time(token.created_at);
  put_times(out, token.revoked_at);
}

void put(wire::Writer& out, const UserRow& user) {
  out.text(user.name);
  out.text(user.password_hash);
  out.byte(static_cast<std::uint8_t>(user.role));
  out.time(user.created_at);
}

void put(wire::Writer& out, const AuditRow& row) {
  out.time(row.at);
  out.text(row.actor);
  out.text(row.action);
  out.text(row.subject);
}

void put_end(wire::Writer& out, const End& end) {
  put_numbers(out, end.deliveries);
  out.number(end.tokens);
  out.number(end.users);
  out.number(end.audit);
  out.text(end.sha256);
}

std::optional<JournalExtent> extent_in(std::string_view plain) {
  wire::Reader in(plain);
  JournalExtent out;
  out.made_at = in.time();
  out.made_by = in.text();
  out.last_sequences = numbers(in);
  if (in.failed() || !in.at_end() || out.last_sequences.empty()) return std::nullopt;
  return out;
}

std::optional<std::vector<JournalRow>> deliveries_in(std::string_view plain) {
  wire::Reader in(plain);
  const std::uint64_t lane = in.number();
  if (lane >= kLanesMax) return std::nullopt;
  JournalPosition position{static_cast<std::uint32_t>(lane), in.number()};
  std::vector<JournalRow> rows;
  while (!in.at_end() && rows.size() <= kFrameRowsMax) {
    rows.push_back({position, get_delivery(in)});
    ++position.sequence;
  }
  if (in.failed() || !in.at_end() || rows.empty() || rows.size() > kFrameRowsMax) return std::nullopt;
  return rows;
}

std::optional<std::vector<TokenRow>> tokens_in(std::string_view plain) {
  return rows_in<TokenRow>(plain, token);
}

std::optional<std::vector<UserRow>> users_in(std::string_view plain) {
  return rows_in<UserRow>(plain, user);
}

std::optional<std::vector<AuditRow>> audit_in(std::string_view plain) {
  return rows_in<AuditRow>(plain, audit_row);
}

std::optional<End> end_in(std::string_view plain) {
  wire::Reader in(plain);
  End out;
  out.deliveries = numbers(in);
  out.tokens = in.number();
  out.users = in.number();
  out.audit = in.number();
  out.sha256 = in.text();
  if (in.failed() || !in.at_end() || out.sha256.size() != sizeof(Sha256)) return std::nullopt;
  return out;
}

}  // namespace fairlead::store::backup
