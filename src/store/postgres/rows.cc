#include "store/postgres/rows.h"

#include "store/postgres/connection.h"

namespace fairlead::store::postgres {
namespace {

/// The first portion is small, because often few rows are wanted; then they grow.
constexpr int kFirstPortionRows = 64;
constexpr int kPortionRowsMax = 1024;

}  // namespace

std::int64_t AnswerRows::integer(int column) const {
  if (is_null(column)) return 0;
  return integer_of(bytes(column), PQftype(answer_.get(), column)).value_or(0);
}

std::string_view AnswerRows::bytes(int column) const {
  return {PQgetvalue(answer_.get(), row_, column), static_cast<std::size_t>(PQgetlength(answer_.get(), row_, column))};
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
