#include "store/postgres/pipeline.h"

#include <poll.h>

#include <algorithm>

#include "base/check.h"
#include "store/postgres/failure.h"

namespace fairlead::store::postgres {
namespace {

constexpr int kBinary = 1;
constexpr std::string_view kNoAnswer = "it does not answer any more";

std::string_view field(const PGresult* answer, int code) {
  const char* text = PQresultErrorField(answer, code);
  return text == nullptr ? std::string_view() : text;
}

}  // namespace

Pipeline::Pipeline(Handle handle) : handle_(std::move(handle)), server_(server_name(handle_.get())) {
  PQsetNoticeReceiver(handle_.get(), note_notice, this);
  PQsetnonblocking(handle_.get(), 1);
  CHECK(PQenterPipelineMode(handle_.get()) == 1);
}

Pipeline::~Pipeline() = default;

/// Nothing is printed. A warning at a COMMIT is of account: the server may have given up waiting for a standby.
void Pipeline::note_notice(void* self, const PGresult* notice) {
  if (field(notice, PG_DIAG_SEVERITY_NONLOCALIZED) != "WARNING") return;
  static_cast<Pipeline*>(self)->warning_ = field(notice, PG_DIAG_MESSAGE_PRIMARY);
}

// ---------------------------------------------------------------------------------------------------------------------
// Queueing

void Pipeline::queue(Kind kind, int sent, Prepared* prepared) {
  if (sent != 1) return lose(PQerrorMessage(handle_.get()));
  waiting_.push_back({kind, prepared});
  ++queued_;
}

/// Integers are BIGINT, so that the server need not guess from the context; it infers the rest.
void Pipeline::set_types(std::span<const sql::Argument> arguments) {
  types_.clear();
  for (const sql::Argument& argument : arguments) {
    types_.push_back(argument.kind() == sql::Argument::Kind::kInteger ? kBigint : TypeNumber{0});
  }
}

void Pipeline::bind(std::span<const sql::Argument> arguments) {
  values_.clear();
  lengths_.clear();
  formats_.assign(arguments.size(), kBinary);
  integers_.resize(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const sql::Argument& argument = arguments[i];
    std::string_view bytes;
    switch (argument.kind()) {
      case sql::Argument::Kind::kNull:
        break;
      case sql::Argument::Kind::kInteger:
        integers_[i] = binary_integer(argument.integer());
        bytes = {integers_[i].data(), integers_[i].size()};
        break;
      case sql::Argument::Kind::kText:
      case sql::Argument::Kind::kBytes:
        // A null pointer would be NULL.
        bytes = argument.bytes().data() == nullptr ? std::string_view("") : argument.bytes();
        break;
    }
    values_.push_back(bytes.data());
    lengths_.push_back(static_cast<int>(bytes.size()));
    queued_bytes_ += bytes.size();
  }
}

void Pipeline::prepare(Prepared& prepared, std::string_view sql, std::span<const sql::Argument> examples) {
  if (lost_) return;
  set_types(examples);
  queue(Kind::kPrepare,
        PQsendPrepare(handle_.get(), prepared.name.c_str(), std::string(sql).c_str(), static_cast<int>(types_.size()),
                      types_.data()),
        &prepared);
  if (!lost_) queue(Kind::kDescribe, PQsendDescribePrepared(handle_.get(), prepared.name.c_str()), &prepared);
  // From here on it counts as prepared; should it fail, so does all that uses it in this round trip.
  prepared.there = true;
}

void Pipeline::execute(const Prepared& prepared, std::span<const sql::Argument> arguments, Keep keep) {
  if (lost_) return;
  bind(arguments);
  queue(keep == Keep::kAnswer ? Kind::kAnswer : Kind::kEffect,
        PQsendQueryPrepared(handle_.get(), prepared.name.c_str(), static_cast<int>(arguments.size()), values_.data(),
                            lengths_.data(), formats_.data(), kBinary));
}

void Pipeline::query(const std::string& sql, std::span<const sql::Argument> arguments, Keep keep) {
  if (lost_) return;
  set_types(arguments);
  bind(arguments);
  queue(keep == Keep::kAnswer ? Kind::kAnswer : Kind::kEffect,
        PQsendQueryParams(handle_.get(), sql.c_str(), static_cast<int>(arguments.size()), types_.data(), values_.data(),
                          lengths_.data(), formats_.data(), kBinary));
}

void Pipeline::commit() {
  if (lost_) return;
  queue(Kind::kCommit, PQsendQueryParams(handle_.get(), "COMMIT", 0, nullptr, nullptr, nullptr, nullptr, kBinary));
}

// ---------------------------------------------------------------------------------------------------------------------
// Round trips

Result<std::vector<Answer>> Pipeline::finish() {
  if (!lost_) queue(Kind::kEnd, PQpipelineSync(handle_.get()));
  wait();
  queued_ = queued_bytes_ = 0;
  if (lost_ && !failure_) failure_ = lost_connection("it was lost before", server_);
  std::vector<Answer> answers = std::exchange(kept_, {});
  if (const auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(*failure);
  return answers;
}

/// Until all answers are there, or the connection is lost.
void Pipeline::wait() {
  while (!waiting_.empty()) {
    const int unsent = PQflush(handle_.get());  // A failure shows below, behind what the server has said before it.
    take_answers();
    if (waiting_.empty()) break;
    if (!wait_for_server(unsent == 1)) {
      lose(kNoAnswer);
    } else if (PQconsumeInput(handle_.get()) == 0) {
      take_answers();
      lose(PQerrorMessage(handle_.get()));
    }
  }
}

void Pipeline::send() {
  if (lost_) return;
  queue(Kind::kEnd, PQpipelineSync(handle_.get()));
  PQflush(handle_.get());
  queued_ = queued_bytes_ = 0;
}

/// All that have come in.
void Pipeline::take_answers() {
  while (!waiting_.empty() && PQisBusy(handle_.get()) == 0) {
    Answer answer(PQgetResult(handle_.get()));
    const Queued first = waiting_.front();
    if (!answer) {
      // The end of one statement's answer. Behind the end of a round trip there is none.
      if (PQstatus(handle_.get()) == CONNECTION_BAD) return lose(PQerrorMessage(handle_.get()));
      waiting_.pop_front();
      warning_.clear();
      continue;
    }
    const bool is_end = PQresultStatus(answer.get()) == PGRES_PIPELINE_SYNC;
    if (is_end != (first.kind == Kind::kEnd)) {
      note_failure(answer.get());
      return lose(PQerrorMessage(handle_.get()));
    }
    if (is_end) {
      waiting_.pop_front();
    } else {
      take(first, std::move(answer));
    }
  }
}

void Pipeline::take(const Queued& queued, Answer answer) {
  switch (PQresultStatus(answer.get())) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
      break;
    case PGRES_PIPELINE_ABORTED:
      if (queued.kind == Kind::kPrepare) queued.prepared->there = false;
      return;
    default:
      if (queued.kind == Kind::kPrepare) queued.prepared->there = false;
      return note_failure(answer.get());
  }
  if (queued.kind == Kind::kDescribe) {
    std::vector<TypeNumber> types;
    for (int i = 0; i < PQnparams(answer.get()); ++i) types.push_back(PQparamtype(answer.get(), i));
    queued.prepared->parameters = std::move(types);
  } else if (queued.kind == Kind::kAnswer) {
    kept_.push_back(std::move(answer));
  } else if (queued.kind == Kind::kCommit) {
    // A transaction that failed is rolled back by its COMMIT, without an error.
    if (std::string_view(PQcmdStatus(answer.get())) != "COMMIT") {
      fail_with({ErrorCode::kUnavailable, fmt::format("{} rolled a transaction back; try again", server_)});
    } else if (!warning_.empty()) {
      fail_with(unknown_outcome(warning_, server_));
    }
  }
}

void Pipeline::note_failure(const PGresult* answer) {
  const std::string_view state = field(answer, PG_DIAG_SQLSTATE);
  if (state.empty()) return;  // libpq's own, about the connection: whoever loses it reports it.
  const std::string_view message = field(answer, PG_DIAG_MESSAGE_PRIMARY);
  // The server ends the connection with it; a COMMIT that was under way may have been done.
  const bool ends = field(answer, PG_DIAG_SEVERITY_NONLOCALIZED) != "ERROR";
  if (ends && !waiting_.empty() && waiting_.front().kind == Kind::kCommit) {
    fail_with(unknown_outcome(message, server_));
  } else {
    fail_with(statement_failure(state, message, server_));
  }
}

void Pipeline::fail_with(Error error) {
  if (!failure_) failure_ = std::move(error);
}

/// False when nothing came for so long that the server was asked and did not answer either. A long statement on a
/// server that is there may take its time.
bool Pipeline::wait_for_server(bool unsent) {
  while (true) {
    pollfd waiting{PQsocket(handle_.get()), static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN), 0};
    const int ready = poll(&waiting, 1, static_cast<int>(kSilenceMax.ms));
    if (ready > 0) return true;
    if (ready == 0 && !server_answers(handle_.get())) return false;
  }
}

void Pipeline::lose(std::string_view reason) {
  lost_ = true;
  const bool committing =
      std::ranges::any_of(waiting_, [](const Queued& queued) { return queued.kind == Kind::kCommit; });
  fail_with(committing ? unknown_outcome(reason, server_) : lost_connection(reason, server_));
  waiting_.clear();
}

Status Pipeline::run_script(const std::string& script) {
  RETURN_IF_ERROR(finish());
  if (PQexitPipelineMode(handle_.get()) != 1 || PQsendQuery(handle_.get(), script.c_str()) != 1) {
    lose(PQerrorMessage(handle_.get()));
  }
  while (!lost_) {
    const int unsent = PQflush(handle_.get());
    bool done = false;
    while (!done && PQisBusy(handle_.get()) == 0) {
      const Answer answer(PQgetResult(handle_.get()));
      done = answer == nullptr;
      if (answer && PQresultStatus(answer.get()) == PGRES_FATAL_ERROR) note_failure(answer.get());
    }
    if (done) break;
    if (!wait_for_server(unsent == 1)) lose(kNoAnswer);
    if (!lost_ && PQconsumeInput(handle_.get()) == 0) lose(PQerrorMessage(handle_.get()));
  }
  if (PQstatus(handle_.get()) == CONNECTION_BAD) lost_ = true;
  if (!lost_) CHECK(PQenterPipelineMode(handle_.get()) == 1);
  if (const auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(*failure);
  return {};
}

bool Pipeline::seems_alive() {
  wait();
  if (lost_ || failure_ || PQstatus(handle_.get()) != CONNECTION_OK) return false;
  // A server that says something without being asked says good-bye.
  pollfd waiting{PQsocket(handle_.get()), POLLIN, 0};
  return poll(&waiting, 1, 0) == 0;
}

}  // namespace fairlead::store::postgres
