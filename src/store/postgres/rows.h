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

/// Which rows of an answer belong to which part: the first column says so, from 1.
class DividedRows {
 public:
  DividedRows(const PGresult& answer, std::size_t parts);

  /// In the order they came; parts from 0.
  std::span<const int> of(std::size_t part) const {
    return std::span(rows_).subspan(starts_[part], starts_[part + 1] - starts_[part]);
  }

 private:
  std::vector<int> rows_;
  std::vector<std::size_t> starts_;
};

/// One part of an answer, without the column that says which. The answer belongs to somebody else.
class PartRows final : public sql::Rows {
 public:
  PartRows(const PGresult& answer, std::span<const int> rows) : answer_(answer), rows_(rows) {}

  bool next() override { return next_++ < rows_.size(); }
  Status status() const override { return {}; }
  std::int64_t integer(int column) const override;
  bool is_null(int column) const override;
  std::string_view bytes(int column) const override;

 private:
  int row() const { return rows_[next_ - 1]; }

  const PGresult& answer_;
  const std::span<const int> rows_;
  std::size_t next_ = 0;
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
