#include "store/postgres/connection.h"

#include <charconv>

#include "base/check.h"
#include "store/postgres/failure.h"
#include "store/postgres/rows.h"
#include "store/postgres/select_text.h"

namespace fairlead::store::postgres {
namespace {

using Keep = Pipeline::Keep;
using Kind = sql::Argument::Kind;

/// Past either there is a round trip, so that neither side has to hold more.
constexpr std::size_t kQueuedMax = 1024;
constexpr std::size_t kQueuedBytesMax = 4u * 1024 * 1024;
/// So many rows are inserted by one statement. Few enough that the server works while we go on.
constexpr std::size_t kGatheredRowsMax = 128;
constexpr std::size_t kGatheredBytesMax = 1u * 1024 * 1024;

/// Fewer runs of one SELECT than this stay statements of their own.
constexpr std::size_t kTogetherMin = 3;

constexpr std::string_view kBeginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr std::string_view kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// The snapshot is taken with the first statement, not with BEGIN.
constexpr std::string_view kTakeSnapshot = "SELECT 1";

bool fits(const sql::Argument& argument, TypeNumber type) {
  switch (argument.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kInteger:
      return type == kBigint;
    case Kind::kText:
    case Kind::kBytes:
      return type == kBytea;
  }
  return false;
}

void add(BinaryArray& column, const sql::Argument& argument) {
  switch (argument.kind()) {
    case Kind::kNull:
      return column.add_null();
    case Kind::kInteger:
      return column.add(argument.integer());
    case Kind::kText:
    case Kind::kBytes:
      return column.add(argument.bytes());
  }
}

/// What tells the row from another one.
std::string key_of(const InsertText& insert, std::span<const sql::Argument> arguments) {
  std::string key;
  for (const std::size_t column : insert.key) {
    const sql::Argument& argument = arguments[column];
    const BinaryInteger number = binary_integer(
        argument.kind() == Kind::kInteger ? argument.integer() : static_cast<std::int64_t>(argument.bytes().size()));
    key.append(number.data(), number.size());
    key += argument.bytes();
  }
  return key;
}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& uri,
                                                                     const ConnectOptions& options) {
  ASSIGN_OR_RETURN(Handle handle, connect(uri));
  auto connection = std::make_unique<PostgresConnection>(std::move(handle));
  RETURN_IF_ERROR(connection->run_script(session_settings(options)));
  return connection;
}

PostgresConnection::~PostgresConnection() = default;

// ---------------------------------------------------------------------------------------------------------------------
// Failures

Status PostgresConnection::status() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

void PostgresConnection::note(Error error) {
  if (!error_) error_ = std::move(error);
}

Status PostgresConnection::can_go_on() const {
  if (broken_) return std::unexpected(*broken_);
  if (pipeline_.lost()) return std::unexpected(lost_connection("it was lost before", server()));
  return {};
}

Result<std::vector<Answer>> PostgresConnection::finish() {
  Result<std::vector<Answer>> answers = pipeline_.finish();
  if (!answers) fail_with(answers.error());
  return answers;
}

void PostgresConnection::fail_with(const Error& error) {
  note(error);
  if (in_transaction_ && !broken_) broken_ = error;
}

// ---------------------------------------------------------------------------------------------------------------------
// Transactions

Status PostgresConnection::begin(std::string_view sql) {
  CHECK(!in_transaction_);
  RETURN_IF_ERROR(can_go_on());
  in_transaction_ = true;
  ++transactions_;
  enqueue(sql, {}, Keep::kNothing);
  return {};
}

Status PostgresConnection::begin_write() {
  reading_ = false;
  return begin(kBeginWrite);
}

Status PostgresConnection::begin_read() {
  reading_ = true;
  RETURN_IF_ERROR(begin(kBeginRead));
  enqueue(kTakeSnapshot, {}, Keep::kNothing);
  if (const auto begun = finish(); !begun) {
    rollback();
    return std::unexpected(begun.error());
  }
  return {};
}

Status PostgresConnection::commit() {
  CHECK(in_transaction_);
  if (reading_ && !error_ && pipeline_.queued() > 0) static_cast<void>(finish());
  if (reading_ && !error_) {
    rollback();
    return {};
  }
  if (!error_ && !broken_) {
    flush_all();
    pipeline_.commit();
    if (finish()) {
      end_transaction();
      return {};
    }
  }
  const Error failure = broken_ ? *broken_ : *error_;
  rollback();
  return std::unexpected(failure);
}

/// A transaction that only read ends without waiting for the server to say so.
void PostgresConnection::rollback() {
  if (!in_transaction_) return;
  for (Statement* statement : gathering_) statement->gathered->clear();
  gathering_.clear();
  const bool sound = reading_ && !broken_;
  // What failed makes the server pass over all that is in the same round trip.
  if (!sound && pipeline_.queued() > 0) static_cast<void>(pipeline_.finish());
  pipeline_.query("ROLLBACK", {}, Keep::kNothing);
  if (sound) {
    pipeline_.send();
  } else {
    static_cast<void>(pipeline_.finish());
  }
  end_transaction();
}

void PostgresConnection::end_transaction() {
  in_transaction_ = reading_ = false;
  broken_.reset();
}

// ---------------------------------------------------------------------------------------------------------------------
// Statements

PostgresConnection::Statement& PostgresConnection::statement(std::string_view sql,
                                                             std::span<const sql::Argument> examples) {
  std::unique_ptr<Statement>& entry = statements_[sql];
  if (!entry) {
    entry = std::make_unique<Statement>();
    entry->sql = sql;
    entry->prepared.name = fmt::format("s{}", ++names_);
    entry->insert = insert_text(sql);
  }
  if (!entry->prepared.there) pipeline_.prepare(entry->prepared, sql, examples);
  return *entry;
}

void PostgresConnection::enqueue(std::string_view sql, std::span<const sql::Argument> arguments, Keep keep) {
  pipeline_.execute(statement(sql, arguments).prepared, arguments, keep);
}

Status PostgresConnection::run(std::string_view sql, std::span<const sql::Argument> arguments) {
  RETURN_IF_ERROR(can_go_on());
  Statement& wanted = statement(sql, arguments);
  if (!gather(wanted, arguments)) {
    flush_mentioned(sql);
    pipeline_.execute(wanted.prepared, arguments, Keep::kNothing);
  }
  const bool full = pipeline_.queued() >= kQueuedMax || pipeline_.queued_bytes() >= kQueuedBytesMax;
  if (full || !in_transaction_) RETURN_IF_ERROR(finish());
  return {};
}

std::unique_ptr<sql::Rows> PostgresConnection::open(std::string_view sql, std::span<const sql::Argument> arguments,
                                                    sql::Reading reading) {
  if (Status possible = can_go_on(); !possible) return std::make_unique<AnswerRows>(possible.error());
  flush_mentioned(sql);
  if (reading == sql::Reading::kSome && in_transaction_) {
    return std::make_unique<CursorRows>(*this, fmt::format("c{}", ++names_), sql, arguments);
  }
  enqueue(sql, arguments, Keep::kAnswer);
  Result<std::vector<Answer>> answers = finish();
  if (!answers) return std::make_unique<AnswerRows>(std::move(answers.error()));
  return std::make_unique<AnswerRows>(std::move(answers->back()));
}

Result<std::vector<std::unique_ptr<sql::Rows>>> PostgresConnection::ask(std::span<const Question> questions) {
  RETURN_IF_ERROR(can_go_on());
  for (const Question& question : questions) flush_mentioned(question.sql);
  for (const Question& question : questions) enqueue(question.sql, question.arguments, Keep::kAnswer);
  ASSIGN_OR_RETURN(std::vector<Answer> answers, finish());
  std::vector<std::unique_ptr<sql::Rows>> rows;
  for (Answer& answer : answers) rows.push_back(std::make_unique<AnswerRows>(std::move(answer)));
  return rows;
}

/// The answers of all executions; none after a failure.
std::vector<Answer> PostgresConnection::answer_each(std::string_view sql, std::size_t width,
                                                    std::span<const sql::Argument> arguments) {
  CHECK(width > 0 && arguments.size() % width == 0);
  std::vector<Answer> answers;
  const std::size_t runs = arguments.size() / width;
  answers.reserve(runs);
  flush_mentioned(sql);
  while (!arguments.empty() && can_go_on()) {
    enqueue(sql, arguments.first(width), Keep::kAnswer);
    arguments = arguments.subspan(width);
    if (!arguments.empty() && pipeline_.queued() < kQueuedMax && pipeline_.queued_bytes() < kQueuedBytesMax) continue;
    Result<std::vector<Answer>> some = finish();
    if (!some) return {};
    std::ranges::move(*some, std::back_inserter(answers));
  }
  if (answers.size() != runs) answers.clear();
  return answers;
}

void PostgresConnection::open_each(std::string_view sql, std::size_t width, std::span<const sql::Argument> arguments,
                                   const EachRows& take) {
  if (open_together(sql, width, arguments, take)) return;
  std::vector<Answer> answers = answer_each(sql, width, arguments);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    AnswerRows rows(std::move(answers[i]));
    take(i, rows);
  }
}

/// All runs as one statement; false where that cannot be, and nothing was done.
bool PostgresConnection::open_together(std::string_view sql, std::size_t width,
                                       std::span<const sql::Argument> arguments, const EachRows& take) {
  CHECK(width > 0 && arguments.size() % width == 0);
  const std::size_t runs = arguments.size() / width;
  if (runs < kTogetherMin || !can_go_on()) return false;
  Statement& wanted = statement(sql, arguments.first(width));
  if (!wanted.prepared.parameters || wanted.prepared.parameters->size() != width) return false;
  const std::vector<TypeNumber>& types = *wanted.prepared.parameters;
  if (wanted.prepared_for_many.name.empty()) {
    wanted.prepared_for_many.name = fmt::format("s{}", ++names_);
    wanted.for_many = select_for_many(sql, types);
  }
  if (!wanted.for_many) return false;
  std::vector<BinaryArray> columns(types.begin(), types.end());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!fits(arguments[i], types[i % width])) return false;
    add(columns[i % width], arguments[i]);
  }
  flush_mentioned(sql);
  if (!wanted.prepared_for_many.there) pipeline_.prepare(wanted.prepared_for_many, *wanted.for_many, {});
  std::vector<sql::Argument> arrays;
  for (BinaryArray& column : columns) arrays.emplace_back(sql::Blob{column.bytes()});
  pipeline_.execute(wanted.prepared_for_many, arrays, Keep::kAnswer);
  const Result<std::vector<Answer>> answers = finish();
  if (!answers) return true;
  const DividedRows divided(*answers->back(), runs);
  for (std::size_t i = 0; i < runs; ++i) {
    PartRows rows(*answers->back(), divided.of(i));
    take(i, rows);
  }
  return true;
}

std::vector<std::int64_t> PostgresConnection::run_each(std::string_view sql, std::size_t width,
                                                       std::span<const sql::Argument> arguments) {
  std::vector<std::int64_t> changed;
  for (const Answer& answer : answer_each(sql, width, arguments)) {
    const std::string_view count = PQcmdTuples(answer.get());
    changed.push_back(0);
    std::from_chars(count.data(), count.data() + count.size(), changed.back());
  }
  return changed;
}

Status PostgresConnection::run_script(const std::string& script) {
  RETURN_IF_ERROR(can_go_on());
  flush_all();
  RETURN_IF_ERROR(finish());
  Status done = pipeline_.run_script(script);
  if (!done) fail_with(done.error());
  return done;
}

// ---------------------------------------------------------------------------------------------------------------------
// Gathering inserts

/// False where the row must go by itself: at first, because the server has not told the types yet.
bool PostgresConnection::gather(Statement& statement, std::span<const sql::Argument> arguments) {
  if (!in_transaction_ || reading_ || !statement.insert || !prepare_gathering(statement)) return false;
  const InsertText& insert = *statement.insert;
  const std::vector<TypeNumber>& types = *statement.prepared.parameters;
  if (arguments.size() != insert.width) return false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!fits(arguments[i], types[i])) return false;
  }
  Gathered& gathered = *statement.gathered;
  if (!insert.key.empty() && !gathered.keys.insert(key_of(insert, arguments)).second) {
    flush(statement);
    gathered.keys.insert(key_of(insert, arguments));
  }
  if (gathered.columns.front().size() == 0) {
    flush_mentioned(statement.sql);
    gathering_.push_back(&statement);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    add(gathered.columns[i], arguments[i]);
    gathered.bytes += arguments[i].bytes().size();
  }
  if (gathered.columns.front().size() >= kGatheredRowsMax || gathered.bytes >= kGatheredBytesMax) flush(statement);
  return true;
}

bool PostgresConnection::prepare_gathering(Statement& statement) {
  if (!statement.prepared.parameters) return false;
  if (statement.gathered) return true;
  const auto sql = insert_of_many(*statement.insert, *statement.prepared.parameters);
  if (!sql) {
    statement.insert.reset();
    return false;
  }
  statement.gathered = std::make_unique<Gathered>();
  statement.gathered->sql = *sql;
  statement.gathered->prepared.name = fmt::format("s{}", ++names_);
  for (const TypeNumber type : *statement.prepared.parameters) statement.gathered->columns.emplace_back(type);
  return true;
}

void PostgresConnection::Gathered::clear() {
  for (BinaryArray& column : columns) column.clear();
  keys.clear();
  bytes = 0;
}

void PostgresConnection::flush(Statement& statement) {
  Gathered& gathered = *statement.gathered;
  if (!gathered.prepared.there) pipeline_.prepare(gathered.prepared, gathered.sql, {});
  std::vector<sql::Argument> arrays;
  for (BinaryArray& column : gathered.columns) arrays.emplace_back(sql::Blob{column.bytes()});
  pipeline_.execute(gathered.prepared, arrays, Keep::kNothing);
  gathered.clear();
  std::erase(gathering_, &statement);
}

/// What waits for a table that `sql` names was given before it.
void PostgresConnection::flush_mentioned(std::string_view sql) {
  for (std::size_t i = 0; i < gathering_.size();) {
    if (mentions(sql, gathering_[i]->insert->table)) {
      flush(*gathering_[i]);
    } else {
      ++i;
    }
  }
}

void PostgresConnection::flush_all() {
  while (!gathering_.empty()) flush(*gathering_.front());
}

}  // namespace fairlead::store::postgres
