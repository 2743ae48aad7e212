#include "store/postgres/failure.h"

#include <array>

namespace fairlead::store::postgres {
namespace {

constexpr std::size_t kMessageBytesMax = 500;

/// `{server}` and `{message}` are replaced.
struct Sentence {
  std::string_view sqlstate;  ///< Or the first characters of several.
  ErrorCode code;
  std::string_view text;
};

/// The first that fits counts.
constexpr std::array kSentences = {
    Sentence{"28P01", ErrorCode::kUnauthorized,
             "{server} refused the password; correct it in the store's address or in ~/.pgpass"},
    Sentence{"28", ErrorCode::kUnauthorized,
             "{server} does not let this user in ({message}); correct the user and password in the store's address, "
             "or allow them in pg_hba.conf"},
    Sentence{"3D000", ErrorCode::kNotFound,
             "{server} has no such database; create it (`createdb NAME`) or correct the store's address"},
    Sentence{"42501", ErrorCode::kForbidden,
             "this user's rights on {server} do not suffice ({message}); grant them as docs/postgresql.md says"},
    Sentence{"53100", ErrorCode::kIo, "the disk of {server} is full ({message}); free some space there"},
    Sentence{"53200", ErrorCode::kUnavailable, "{server} is out of memory ({message}); give it more"},
    Sentence{"53300", ErrorCode::kUnavailable,
             "{server} has no connection left ({message}); raise max_connections there or run fewer replicas"},
    Sentence{"53", ErrorCode::kUnavailable, "{server} lacks resources ({message}); look at its log"},
    Sentence{"25006", ErrorCode::kUnavailable,
             "{server} is read-only, a standby perhaps ({message}); name the primary in the store's address, or all "
             "hosts with target_session_attrs=read-write"},
    Sentence{"40001", ErrorCode::kUnavailable, "{server} asks to repeat a transaction ({message}); try again"},
    Sentence{"40P01", ErrorCode::kUnavailable, "{server} ended a deadlock ({message}); try again"},
    Sentence{"55P03", ErrorCode::kUnavailable,
             "another replica held a lock on {server} for too long ({message}); try again"},
    Sentence{"57014", ErrorCode::kUnavailable,
             "{server} took too long and stopped the statement ({message}); look at its load, then try again"},
    Sentence{"57P03", ErrorCode::kUnavailable, "{server} is starting or stopping ({message}); try again in a moment"},
    Sentence{"57P", ErrorCode::kUnavailable, "{server} ended the connection ({message}); it is tried again"},
    Sentence{"25P03", ErrorCode::kUnavailable,
             "{server} ended a transaction that stood still for too long ({message}); try again"},
    Sentence{"08", ErrorCode::kUnavailable, "the connection to {server} failed ({message}); it is tried again"},
    // Of Citus: a node went away in the midst of a statement.
    Sentence{"XX000", ErrorCode::kUnavailable,
             "{server} failed inside ({message}); it is tried again, and the server's log says more"},
    Sentence{"XX001", ErrorCode::kCorrupt, "data on {server} is damaged ({message}); restore it from a backup"},
    Sentence{"XX002", ErrorCode::kCorrupt,
             "an index on {server} is damaged ({message}); REINDEX it or restore the database from a backup"},
    Sentence{"54", ErrorCode::kLimit, "a value is too big for {server} ({message})"},
    Sentence{"58", ErrorCode::kIo, "{server} has an input/output error ({message}); check its disk and its log"},
    // Our own statements are right, so what they name was changed or removed.
    Sentence{"42", ErrorCode::kCorrupt,
             "the tables on {server} are not as Fairlead made them ({message}); restore the database from a backup"},
    Sentence{"23", ErrorCode::kCorrupt,
             "rows on {server} contradict each other ({message}); restore the database from a backup"},
};

std::string filled(std::string_view text, std::string_view server, std::string_view message) {
  std::string sentence;
  while (true) {
    const std::size_t open = text.find('{');
    sentence += text.substr(0, open);
    if (open == std::string_view::npos) return sentence;
    const std::size_t close = text.find('}', open);
    sentence += text.substr(open + 1, close - open - 1) == "server" ? server : message;
    text.remove_prefix(close + 1);
  }
}

}  // namespace

std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message.substr(0, kMessageBytesMax)) line += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

Error statement_failure(std::string_view sqlstate, std::string_view message, std::string_view server) {
  const std::string line = one_line(message);
  for (const Sentence& sentence : kSentences) {
    if (sqlstate.starts_with(sentence.sqlstate)) return {sentence.code, filled(sentence.text, server, line)};
  }
  return {ErrorCode::kIo, fmt::format("{} refused a statement ({}, {}); look at its log", server, line, sqlstate)};
}

Error connect_failure(std::string_view sqlstate, std::string_view message, std::string_view server) {
  if (!sqlstate.empty()) return statement_failure(sqlstate, message, server);
  return {ErrorCode::kUnavailable,
          fmt::format("cannot reach {} ({}); check that it runs and that the store's address is right", server,
                      one_line(message))};
}

Error tls_failure(std::string_view mode, std::string_view message, std::string_view server) {
  return {
      ErrorCode::kUnavailable,
      fmt::format("no TLS connection to {} ({}), and sslmode={} in the store's address accepts no other; set TLS up "
                  "there, or correct sslmode and sslrootcert (docs/postgresql.md)",
                  server, one_line(message), mode)};
}

Error lost_connection(std::string_view reason, std::string_view server) {
  return {ErrorCode::kUnavailable,
          fmt::format("lost the connection to {} ({}); it is tried again", server, one_line(reason))};
}

Error unknown_outcome(std::string_view reason, std::string_view server) {
  return {ErrorCode::kUnavailable,
          fmt::format("{} did not say whether the transaction was committed ({}); repeat it: what was stored is "
                      "recognised",
                      server, one_line(reason))};
}

}  // namespace fairlead::store::postgres
