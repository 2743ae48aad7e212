#pragma once

// One libpq connection in pipeline mode: statements are queued, and a round trip sends them all and takes all answers.
// After a statement has failed the server passes over the rest up to the end of the round trip.

#include <libpq-fe.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/postgres/binary_values.h"
#include "store/postgres/connect.h"
#include "store/sql/argument.h"

namespace fairlead::store::postgres {

struct FreeAnswer {
  void operator()(PGresult* answer) const { PQclear(answer); }
};
using Answer = std::unique_ptr<PGresult, FreeAnswer>;

/// A prepared statement of one connection.
struct Prepared {
  std::string name;
  bool there = false;                                 ///< The server has it, as far as is known.
  std::optional<std::vector<TypeNumber>> parameters;  ///< Once the server has told.
};

/// Used by one thread at a time. Members that queue do nothing once the connection is lost.
class Pipeline {
 public:
  explicit Pipeline(Handle handle);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  enum class Keep : std::uint8_t { kNothing, kAnswer };

  /// Queues. `prepared` must live until the round trip. The parameters get their types from `examples`.
  void prepare(Prepared& prepared, std::string_view sql, std::span<const sql::Argument> examples);
  void execute(const Prepared& prepared, std::span<const sql::Argument> arguments, Keep keep);
  /// A statement that is used once.
  void query(const std::string& sql, std::span<const sql::Argument> arguments, Keep keep);
  /// A COMMIT: when its answer does not come, the outcome is not known.
  void commit();

  /// Statements since the latest round trip, and about how many bytes they hold.
  std::size_t queued() const { return queued_; }
  std::size_t queued_bytes() const { return queued_bytes_; }

  /// One round trip. The answers that were to be kept, in order; or the first failure.
  Result<std::vector<Answer>> finish();

  /// Sends what is queued without waiting for the answers; a failure shows at the next round trip.
  void send();

  /// Statements without arguments, separated by semicolons, on their own.
  Status run_script(const std::string& script);

  bool lost() const { return lost_; }
  /// False where the server has closed an idle connection, as far as one can see without asking it. Waits for the
  /// answer to what was sent last.
  bool seems_alive();
  const std::string& server() const { return server_; }

 private:
  enum class Kind : std::uint8_t { kPrepare, kDescribe, kEffect, kAnswer, kCommit, kEnd };
  struct Queued {
    Kind kind;
    Prepared* prepared = nullptr;
  };

  static void note_notice(void* self, const PGresult* notice);
  void queue(Kind kind, int sent, Prepared* prepared = nullptr);
  void set_types(std::span<const sql::Argument> arguments);
  void bind(std::span<const sql::Argument> arguments);
  void wait();
  void take_answers();
  void take(const Queued& queued, Answer answer);
  void note_failure(const PGresult* answer);
  bool wait_for_server(bool unsent);
  void lose(std::string_view reason);
  void fail_with(Error error);

  Handle handle_;
  const std::string server_;
  bool lost_ = false;

  std::deque<Queued> waiting_;  ///< Answers that are to come.
  std::size_t queued_ = 0;
  std::size_t queued_bytes_ = 0;
  std::vector<Answer> kept_;      ///< Of the round trip under way.
  std::optional<Error> failure_;  ///< Likewise, the first.
  std::string warning_;           ///< The server's, about the statement whose answer is next.

  // What libpq wants to point at, kept to be used again.
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<BinaryInteger> integers_;
  std::vector<TypeNumber> types_;
};

}  // namespace fairlead::store::postgres
