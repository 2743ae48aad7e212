#include "store/postgres/connect.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "store/postgres/failure.h"

namespace fairlead::store::postgres {
namespace {

using std::chrono::steady_clock;

/// Of one host. libpq's own unit is the second, and it takes less than two for two.
constexpr int kConnectSeconds = 5;
constexpr auto kExplainTimeMax = std::chrono::seconds(3);

void ignore_notice(void*, const PGresult*) {}

struct Keyword {
  const char* name;
  std::string value;
};

/// What stands before the address is a default, which the address may change.
std::vector<Keyword> keywords(const std::string& uri) {
  return {
      {"connect_timeout", std::to_string(kConnectSeconds)},
      // A server that vanished without a word is noticed in ten seconds, whether we wait or send.
      {"keepalives_idle", "4"},
      {"keepalives_interval", "2"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "10000"},
      {"fallback_application_name", "fairlead"},
      {"gssencmode", "disable"},
      {"dbname", uri},
      // Names and ids are bytes to us, and never to be converted.
      {"client_encoding", "UTF8"},
  };
}

/// What `use` makes of the keywords in libpq's form.
template <class Use>
auto with_keywords(const std::vector<Keyword>& keywords, const Use& use) {
  std::vector<const char*> names, values;
  for (const Keyword& keyword : keywords) {
    names.push_back(keyword.name);
    values.push_back(keyword.value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  return use(names.data(), values.data());
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::unexpected<Error> unreadable_address() {
  return fail(
      ErrorCode::kInvalid,
      "the store's address cannot be read; write postgres://USER:PASSWORD@HOST:PORT/DATABASE, special characters "
      "as %XX, and only options that libpq knows");
}

std::string_view port_of(const PQconninfoOption* option) {
  while (option->keyword != nullptr && std::string_view(option->keyword) != "port") ++option;
  return option->keyword == nullptr || option->val == nullptr ? std::string_view() : option->val;
}

/// Several hosts have several ports.
bool is_port_character(char c) {
  return (c >= '0' && c <= '9') || c == ',';
}

/// libpq's own messages about a malformed address repeat parts of it, perhaps of the password: they are not shown, and
/// what it would take for a host or port though it stands before an `@` never reaches it.
Status check_address(const std::string& uri) {
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string::npos) return unreadable_address();
  const std::string_view name = std::string_view(uri).substr(0, scheme);
  if (name != "postgres" && name != "postgresql") return unreadable_address();
  const std::string_view rest = std::string_view(uri).substr(scheme + 3);
  const std::size_t at = rest.find('@');
  const std::size_t host_end = rest.find('/');
  const std::size_t last_at = rest.substr(0, rest.find('?', std::min(at, host_end))).rfind('@');
  if (last_at != at && last_at != rest.npos) return unreadable_address();
  if (last_at != rest.npos && last_at > host_end) return unreadable_address();
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(uri.c_str(), &message));
  PQfreemem(message);
  if (!options || !std::ranges::all_of(port_of(options.get()), is_port_character)) return unreadable_address();
  return {};
}

/// Waits until the server has said something or `deadline` passes.
bool wait_for(PGconn* handle, PostgresPollingStatusType step, steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd waiting{PQsocket(handle), static_cast<short>(step == PGRES_POLLING_WRITING ? POLLOUT : POLLIN), 0};
  return poll(&waiting, 1, static_cast<int>(left.count())) > 0;
}

/// `FATAL:  28P01: password authentication…`, in whatever language.
std::string_view sqlstate_in(std::string_view message) {
  constexpr std::size_t kLength = 5;
  constexpr std::string_view kBefore = ":  ";
  for (std::size_t at = message.find(kBefore); at != std::string_view::npos; at = message.find(kBefore, at + 1)) {
    const std::string_view state = message.substr(at + kBefore.size(), kLength);
    const std::string_view after = message.substr(std::min(message.size(), at + kBefore.size() + kLength));
    if (after.starts_with(":") && state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == state.npos) {
      return state;
    }
  }
  return {};
}

/// The `sslmode` of an address that puts up with nothing but TLS; empty where it does.
std::string demanded_tls(PGconn* handle) {
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfo(handle));
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) != "sslmode" || option->val == nullptr) continue;
    const std::string mode = option->val;
    if (mode == "require" || mode == "verify-ca" || mode == "verify-full") return mode;
  }
  return {};
}

/// libpq has no code for it.
bool is_about_tls(std::string_view message) {
  return message.find("SSL") != message.npos || message.find("certificate") != message.npos;
}

/// libpq tells the code of an error of connecting only in its verbose message, which must be asked for in the midst of
/// connecting. So after a failure it is tried once more, to learn why.
Error why(const std::vector<Keyword>& wanted, const std::string& message, const std::string& server) {
  const Handle handle(with_keywords(
      wanted, [](const auto* names, const auto* values) { return PQconnectStartParams(names, values, 1); }));
  std::string state;
  if (PQstatus(handle.get()) != CONNECTION_BAD) {
    PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(handle.get(), ignore_notice, nullptr);
    const auto deadline = steady_clock::now() + kExplainTimeMax;
    auto step = PGRES_POLLING_WRITING;
    while (step != PGRES_POLLING_FAILED && step != PGRES_POLLING_OK && wait_for(handle.get(), step, deadline)) {
      step = PQconnectPoll(handle.get());
    }
    if (step == PGRES_POLLING_FAILED) state = sqlstate_in(PQerrorMessage(handle.get()));
  } else if (with_keywords(wanted, [](const auto* names, const auto* values) {
               return PQpingParams(names, values, 1) == PQPING_NO_ATTEMPT;
             })) {
    return unreadable_address().error();
  }
  const std::string mode = demanded_tls(handle.get());
  if (state.empty() && !mode.empty() && is_about_tls(message)) return tls_failure(mode, message, server);
  return connect_failure(state, message, server);
}

Status check_version(PGconn* handle) {
  if (PQserverVersion(handle) >= kOldestServer) return {};
  return fail(ErrorCode::kUnsupported, "{} is version {}; Fairlead needs {} or later", server_name(handle),
              PQparameterStatus(handle, "server_version"), kOldestServer / 10'000);
}

}  // namespace

std::string server_name(PGconn* handle) {
  const auto text = [](const char* value) { return std::string_view(value == nullptr ? "" : value); };
  const std::string_view host = text(PQhost(handle));
  const std::string_view database = text(PQdb(handle));
  if (host.empty()) return fmt::format("PostgreSQL, database {}", database);
  return fmt::format("PostgreSQL at {}:{}, database {}", host, text(PQport(handle)), database);
}

bool server_answers(PGconn* handle) {
  const std::string seconds = std::to_string(kPingTimeMax.ms / 1000);
  const std::array names = {
      "host", "hostaddr", "port", "dbname", "connect_timeout", "gssencmode", static_cast<const char*>(nullptr)};
  const std::array values = {static_cast<const char*>(PQhost(handle)),
                             static_cast<const char*>(PQhostaddr(handle)),
                             static_cast<const char*>(PQport(handle)),
                             static_cast<const char*>(PQdb(handle)),
                             seconds.c_str(),
                             "disable",
                             static_cast<const char*>(nullptr)};
  const PGPing answer = PQpingParams(names.data(), values.data(), 0);
  return answer == PQPING_OK || answer == PQPING_REJECT;
}

std::string session_settings(const ConnectOptions& options) {
  std::string script = fmt::format(
      "SET search_path = fairlead, pg_temp; SET synchronous_commit = on; SET statement_timeout = {};"
      "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET client_min_messages = warning;"
      "SET DateStyle = ISO; SET default_transaction_isolation = 'read committed';"
      // A replica that vanished without a word: the server lets go of its locks.
      "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;"
      "SET tcp_user_timeout = 10000;"
      // With Citus a transaction has one connection to each node, and so one snapshot there. Without, nobody reads it.
      "SET citus.max_adaptive_executor_pool_size = 1;",
      options.statement_time_max.ms, options.lock_time_max.ms, options.idle_transaction_max.ms);
  if (options.only_by_index) {
    script += "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;";
  }
  return script;
}

Result<Handle> connect(const std::string& uri) {
  RETURN_IF_ERROR(check_address(uri));
  const std::vector<Keyword> wanted = keywords(uri);
  Handle handle(
      with_keywords(wanted, [](const auto* names, const auto* values) { return PQconnectdbParams(names, values, 1); }));
  if (!handle) return fail(ErrorCode::kUnavailable, "out of memory while connecting to PostgreSQL");
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    return std::unexpected(why(wanted, PQerrorMessage(handle.get()), server_name(handle.get())));
  }
  PQsetNoticeReceiver(handle.get(), ignore_notice, nullptr);
  RETURN_IF_ERROR(check_version(handle.get()));
  return handle;
}

}  // namespace fairlead::store::postgres
