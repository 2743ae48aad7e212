#pragma once

// What the shared SQL needs of a database: connections, statements, rows. Two thin drivers implement it, `sqlite/` and
// `postgres/`; the statements are in the subset that both understand ($1, ON CONFLICT, RETURNING, row values).

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/keys.h"
#include "store/sql/argument.h"

namespace fairlead::store::sql {

/// The rows of one execution. Bytes live until the next `next`.
class Rows {
 public:
  virtual ~Rows() = default;
  /// Moves to the next row. False at the end and after a failure; `status()` tells which.
  virtual bool next() = 0;
  virtual Status status() const = 0;
  virtual std::int64_t integer(int column) const = 0;  ///< 0 for NULL.
  virtual bool is_null(int column) const = 0;
  virtual std::string_view bytes(int column) const = 0;  ///< Text or bytes; empty for NULL.
};

/// How many rows a reader will take.
enum class Reading : std::uint8_t {
  kAll,   ///< All of them, so they may come at once.
  kSome,  ///< Perhaps the first few of very many: they come in portions.
};

/// One connection, used by one thread at a time. The first failure of any statement is kept in `status()`, so that a
/// sequence of writes can be checked once, at its end. `sql` is a literal: it must live as long as the program, and the
/// same text is prepared once.
class Connection {
 public:
  virtual ~Connection() = default;

  /// Whether each statement costs a round trip.
  virtual bool remote() const = 0;

  virtual Status begin_write() = 0;  ///< A transaction that writes.
  virtual Status begin_read() = 0;   ///< One whose reads all see the same state, the present one; it cannot write.
  /// Everything that was executed is checked here at the latest.
  virtual Status commit() = 0;
  virtual void rollback() = 0;

  /// Runs one statement for its effect. A driver may delay it until something is read or committed and then tells of
  /// its failure only there; the order of statements stays.
  virtual Status run(std::string_view sql, std::span<const Argument> arguments) = 0;
  virtual std::unique_ptr<Rows> open(std::string_view sql, std::span<const Argument> arguments, Reading reading) = 0;

  using EachRows = std::function<void(std::size_t index, Rows& rows)>;
  /// Runs the statement once for each `width` arguments and hands the rows of each run to `take`, in order. What a
  /// server on the network answers in one round trip. `take` may use the connection.
  virtual void open_each(std::string_view sql, std::size_t width, std::span<const Argument> arguments,
                         const EachRows& take) = 0;
  /// The same for effects: how many rows each run changed. Empty after a failure.
  virtual std::vector<std::int64_t> run_each(std::string_view sql, std::size_t width,
                                             std::span<const Argument> arguments) = 0;

  virtual Status status() const = 0;
  /// Keeps an error that no statement reported, such as a stored value that cannot be.
  virtual void note(Error error) = 0;
  virtual void clear_status() = 0;

  template <class... Args>
  Status execute(std::string_view sql, const Args&... args) {
    const std::array<Argument, sizeof...(Args)> bound{Argument(args)...};
    return run(sql, bound);
  }

  /// The single integer that `sql` yields; nothing if it yields no row or NULL.
  template <class... Args>
  Result<std::optional<std::int64_t>> integer(std::string_view sql, const Args&... args) {
    const std::array<Argument, sizeof...(Args)> bound{Argument(args)...};
    const std::unique_ptr<Rows> rows = open(sql, bound, Reading::kAll);
    if (rows->next()) {
      if (rows->is_null(0)) return std::nullopt;
      return rows->integer(0);
    }
    RETURN_IF_ERROR(rows->status());
    return std::nullopt;
  }
};

/// One execution, with its columns as the model's types.
class Query {
 public:
  /// Copies its arguments, so temporaries may be passed.
  template <class... Args>
  Query(Connection& connection, std::string_view sql, const Args&... args)
      : Query(connection, Reading::kAll, sql, args...) {}
  template <class... Args>
  Query(Connection& connection, Reading reading, std::string_view sql, const Args&... args) {
    const std::array<Argument, sizeof...(Args)> bound{Argument(args)...};
    own_ = connection.open(sql, bound, reading);
    rows_ = own_.get();
  }
  /// A view of rows that someone else owns.
  explicit Query(Rows& rows) : rows_(&rows) {}

  bool next() { return rows_->next(); }
  Status status() const { return rows_->status(); }

  std::int64_t integer(int column) const { return rows_->integer(column); }
  std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  bool is_null(int column) const { return rows_->is_null(column); }
  std::string_view text(int column) const { return rows_->bytes(column); }
  std::string_view bytes(int column) const { return rows_->bytes(column); }
  Instant instant(int column) const { return {integer(column)}; }
  std::optional<Instant> optional_instant(int column) const;
  EntityKey key(int column) const;

 private:
  std::unique_ptr<Rows> own_;
  Rows* rows_;
};

}  // namespace fairlead::store::sql
