#include "store/postgres/rows.h"

#include "base/check.h"
#include "store/postgres/connection.h"

namespace fairlead::store::postgres {
namespace {

/// The first portion is small, because often few rows are wanted; then they grow.
constexpr int kFirstPortionRows = 64;
constexpr int kPortionRowsMax = 1024;

std::string_view bytes_at(const PGresult& answer, int row, int column) {
  return {PQgetvalue(&answer, row, column), static_cast<std::size_t>(PQgetlength(&answer, row, column))};
}

/// 0 for NULL.
std::int64_t integer_at(const PGresult& answer, int row, int column) {
  if (PQgetisnull(&answer, row, column) == 1) return 0;
  return integer_of(bytes_at(answer, row, column), PQftype(&answer, column)).value_or(0);
}

}  // namespace

std::int64_t AnswerRows::integer(int column) const {
  return integer_at(*answer_, row_, column);
}

std::string_view AnswerRows::bytes(int column) const {
  return bytes_at(*answer_, row_, column);
}

DividedRows::DividedRows(const PGresult& answer, std::size_t parts) : starts_(parts + 2) {
  const int count = PQntuples(&answer);
  std::vector<std::size_t> part_of;
  part_of.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    part_of.push_back(static_cast<std::size_t>(integer_at(answer, row, 0)));
    CHECK(part_of.back() >= 1 && part_of.back() <= parts);
    ++starts_[part_of.back() + 1];
  }
  // starts_[n] becomes where part n begins, from 1, and moves on to where it ends while its rows are put there.
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  rows_.resize(part_of.size());
  for (int row = 0; row < count; ++row) rows_[starts_[part_of[static_cast<std::size_t>(row)]]++] = row;
}

std::int64_t PartRows::integer(int column) const {
  return integer_at(answer_, row(), column + 1);
}

bool PartRows::is_null(int column) const {
  return PQgetisnull(&answer_, row(), column + 1) == 1;
}

std::string_view PartRows::bytes(int column) const {
  return bytes_at(answer_, row(), column + 1);
}

CursorRows::CursorRows(PostgresConnection& connection, std::string name, std::string_view sql,
                       std::span<const sql::Argument> arguments)
    : connection_(connection),
      name_(std::move(name)),
      transaction_(connection.transactions_),
      wanted_(kFirstPortionRows),
      portion_(Answer()) {
  connection_.pipeline_.query(fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", name_, sql), arguments,
                              Pipeline::Keep::kNothing);
  fetch();
}

CursorRows::~CursorRows() {
  const bool there = connection_.in_transaction_ && connection_.transactions_ == transaction_;
  if (!there || !connection_.can_go_on()) return;
  connection_.pipeline_.query(fmt::format("CLOSE {}", name_), {}, Pipeline::Keep::kNothing);
}

void CursorRows::fetch() {
  connection_.pipeline_.query(fmt::format("FETCH FORWARD {} FROM {}", wanted_, name_), {}, Pipeline::Keep::kAnswer);
  Result<std::vector<Answer>> answers = connection_.finish();
  portion_ = answers ? AnswerRows(std::move(answers->back())) : AnswerRows(std::move(answers.error()));
}

bool CursorRows::next() {
  if (portion_.next()) return true;
  if (!portion_.status() || portion_.count() < wanted_) return false;
  if (const Status possible = connection_.can_go_on(); !possible || connection_.transactions_ != transaction_) {
    portion_ = AnswerRows(possible ? Error{ErrorCode::kUnavailable, "the transaction of this reading has ended"}
                                   : possible.error());
    return false;
  }
  wanted_ = std::min(2 * wanted_, kPortionRowsMax);
  fetch();
  return portion_.next();
}

}  // namespace fairlead::store::postgres
