#pragma once

#include "store/postgres/pipeline.h"
#include "store/sql/connection.h"

namespace fairlead::store::postgres {

/// All rows of an answer, or the reason why there are none.
class AnswerRows final : public sql::Rows {
 public:
  explicit AnswerRows(Answer answer) : answer_(std::move(answer)), count_(PQntuples(answer_.get())) {}
  explicit AnswerRows(Error error) : status_(std::unexpected(std::move(error))) {}

  bool next() override { return ++row_ < count_; }
  Status status() const override { return status_; }
  std::int64_t integer(int column) const override;
  bool is_null(int column) const override { return PQgetisnull(answer_.get(), row_, column) == 1; }
  std::string_view bytes(int column) const override;

  int count() const { return count_; }

 private:
  Answer answer_;
  int count_ = 0;
  int row_ = -1;
  Status status_;
};

class PostgresConnection;

/// Rows of a cursor on the server, fetched in portions. It must not outlive its connection.
class CursorRows final : public sql::Rows {
 public:
  CursorRows(PostgresConnection& connection, std::string name, std::string_view sql,
             std::span<const sql::Argument> arguments);
  ~CursorRows() override;

  bool next() override;
  Status status() const override { return portion_.status(); }
  std::int64_t integer(int column) const override { return portion_.integer(column); }
  bool is_null(int column) const override { return portion_.is_null(column); }
  std::string_view bytes(int column) const override { return portion_.bytes(column); }

 private:
  void fetch();

  PostgresConnection& connection_;
  const std::string name_;
  const std::uint64_t transaction_;
  int wanted_;
  AnswerRows portion_;
};

}  // namespace fairlead::store::postgres
