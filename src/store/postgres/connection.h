#pragma once

// The shared SQL's connection to PostgreSQL (store/sql/connection.h).
//
// What costs on a server elsewhere is round trips, and on the server itself single statements. So statements for their
// effect are queued and go out with the next read or commit, and single-row inserts of one text are gathered into one
// statement for many rows. Gathered rows go out before anything that names their table, so the order in which things
// take effect cannot be told from the order they were given in.

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/postgres/connect.h"
#include "store/postgres/insert_text.h"
#include "store/postgres/pipeline.h"
#include "store/sql/connection.h"

namespace fairlead::store::postgres {

/// One statement with its arguments.
struct Question {
  std::string_view sql;
  std::span<const sql::Argument> arguments;
};

class PostgresConnection final : public sql::Connection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> open(const std::string& uri, const ConnectOptions& options);
  explicit PostgresConnection(Handle handle) : pipeline_(std::move(handle)) {}
  ~PostgresConnection() override;

  bool remote() const override { return true; }
  Status begin_write() override;
  Status begin_read() override;
  Status commit() override;
  void rollback() override;

  Status run(std::string_view sql, std::span<const sql::Argument> arguments) override;
  /// kSome outside of a transaction is kAll.
  std::unique_ptr<sql::Rows> open(std::string_view sql, std::span<const sql::Argument> arguments,
                                  sql::Reading reading) override;
  void open_each(std::string_view sql, std::size_t width, std::span<const sql::Argument> arguments,
                 const EachRows& take) override;
  std::vector<std::int64_t> run_each(std::string_view sql, std::size_t width,
                                     std::span<const sql::Argument> arguments) override;

  /// Different questions in one round trip, one after the other: what the first one locks, the second one sees.
  Result<std::vector<std::unique_ptr<sql::Rows>>> ask(std::span<const Question> questions);

  Status status() const override;
  void note(Error error) override;
  void clear_status() override { error_.reset(); }

  /// Statements without arguments, separated by semicolons.
  Status run_script(const std::string& script);

  bool in_transaction() const { return in_transaction_; }
  /// For an idle connection: false where it is lost, and so not to be used again.
  bool usable() { return pipeline_.seems_alive(); }
  const std::string& server() const { return pipeline_.server(); }

 private:
  friend class CursorRows;

  /// Rows of one text that wait to be inserted together.
  struct Gathered {
    std::string sql;
    Prepared prepared;
    std::vector<BinaryArray> columns;
    std::unordered_set<std::string> keys;  ///< Of the rows, where InsertText::key is not empty.
    std::size_t bytes = 0;

    void clear();
  };
  struct Statement {
    std::string_view sql;
    Prepared prepared;
    std::optional<InsertText> insert;
    std::unique_ptr<Gathered> gathered;
    /// The same for many sets of parameters, where that is possible.
    std::optional<std::string> for_many;
    Prepared prepared_for_many;
  };

  Statement& statement(std::string_view sql, std::span<const sql::Argument> examples);
  void enqueue(std::string_view sql, std::span<const sql::Argument> arguments, Pipeline::Keep keep);
  std::vector<Answer> answer_each(std::string_view sql, std::size_t width, std::span<const sql::Argument> arguments);
  bool open_together(std::string_view sql, std::size_t width, std::span<const sql::Argument> arguments,
                     const EachRows& take);
  bool gather(Statement& statement, std::span<const sql::Argument> arguments);
  bool prepare_gathering(Statement& statement);
  void flush(Statement& statement);
  void flush_mentioned(std::string_view sql);
  void flush_all();
  /// One round trip. Its failure is noted.
  Result<std::vector<Answer>> finish();
  void fail_with(const Error& error);
  Status begin(std::string_view sql);
  void end_transaction();
  /// Why nothing more can be done before a rollback, or at all.
  Status can_go_on() const;

  Pipeline pipeline_;
  std::unordered_map<std::string_view, std::unique_ptr<Statement>> statements_;
  std::vector<Statement*> gathering_;  ///< Those with gathered rows, in the order of their first.
  std::size_t names_ = 0;              ///< Of statements and cursors so far.
  bool in_transaction_ = false;
  bool reading_ = false;            ///< The transaction cannot write.
  std::uint64_t transactions_ = 0;  ///< So far; a cursor lives in one of them.
  std::optional<Error> error_;      ///< The first, see status().
  std::optional<Error> broken_;     ///< The transaction has failed.
};

}  // namespace fairlead::store::postgres
