#include "store/testing/postgres_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <stdexcept>
#include <vector>

#include "store/testing/random_rows.h"

extern char** environ;

namespace fairlead::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;
constexpr auto kStartTimeMax = std::chrono::seconds(60);

using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;
using Handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("PostgreSQL for the tests: " + what);
}

/// Debian keeps the server's programs out of the path; the newest version counts.
fs::path program_folder() {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    if (fs::exists(version.path() / "bin/initdb")) found.push_back(version.path() / "bin");
  }
  if (found.empty()) give_up("no server is installed (package postgresql)");
  const auto number = [](const fs::path& bin) { return std::stoi(bin.parent_path().filename().string()); };
  return *std::ranges::max_element(found, {}, number);
}

/// Starts `command` in a child that ends with us, as the user postgres where we are root.
pid_t spawn(const std::vector<std::string>& command, const fs::path& folder, const fs::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = geteuid() == 0 ? getpwnam("postgres") : nullptr;
  if (geteuid() == 0 && user == nullptr) give_up("there is no user postgres");
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) give_up("fork failed");
  if (child > 0) return child;

  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  setpgid(0, 0);
  if (user != nullptr && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent || chdir(folder.c_str()) != 0) _exit(126);
  execve(arguments[0], arguments.data(), environ);
  _exit(127);
}

int wait_for_end(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool ended(pid_t child) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}

bool is_free(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool bound = bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(listener);
  return bound;
}

/// One that nobody has at the moment, and that no connection gets by chance while the server is stopped for a while:
/// the system takes those from 32768 on.
int free_port() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(15'000, 32'000);
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (const int port = ports(random); is_free(port)) return port;
  }
  give_up("no free port");
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

struct PostgresServer::Impl {
  explicit Impl(const PostgresServerOptions& wanted) : options(wanted) {}

  fs::path data() const { return folder.path() / "data"; }
  fs::path log() const { return folder.path() / "log"; }
  void initialise();
  void launch();
  /// The server's processes: each child of its main process has a group of its own.
  std::vector<pid_t> processes() const;

  const PostgresServerOptions options;
  const fs::path programs = program_folder();
  TemporaryFolder folder;
  int port = 0;
  pid_t server = -1;
  int databases = 0;
  std::vector<std::unique_ptr<PostgresServer>> nodes;  ///< Further ones, for a test of Citus with several.
};

void PostgresServer::Impl::initialise() {
  give(folder.path());
  const pid_t child = spawn({programs / "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8",
                             "--locale=C", "--no-sync", "--no-instructions", "--pgdata=" + data().string()},
                            folder.path(), log());
  if (wait_for_end(child) != 0) give_up("initdb failed: " + text_of(log()));
  std::ofstream(data() / "pg_hba.conf") << "local all all trust\n"
                                           "host all postgres 127.0.0.1/32 trust\n"
                                           "host all all 127.0.0.1/32 scram-sha-256\n";
  std::ofstream settings(data() / "postgresql.conf", std::ios::app);
  settings << fmt::format(
      "listen_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nmax_connections = {}\n"
      "shared_buffers = 64MB\nlog_min_messages = warning\nautovacuum_naptime = 5s\n",
      folder.path().string(), PostgresServer::with_citus() ? 5 * options.connections_max : options.connections_max);
  // Of each session the coordinator makes further ones, to the nodes: here all of them lead back to itself.
  if (PostgresServer::with_citus()) {
    settings << "shared_preload_libraries = 'citus'\ncitus.node_conninfo = 'sslmode=disable'\n"
                "citus.shard_count = 8\ncitus.executor_slow_start_interval = 0\ncitus.enable_stat_counters = "
                "on\nmax_prepared_transactions = 200\n";
  }
  if (!options.durable) settings << "fsync = off\nfull_page_writes = off\n";
}

void PostgresServer::Impl::launch() {
  // Between choosing a port and taking it another program may take it. Once it has one, its clients know it.
  const bool is_known = port != 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (port == 0) port = free_port();
    server = spawn({programs / "postgres", "-D", data().string(), "-p", std::to_string(port)}, folder.path(), log());
    const std::string where =
        fmt::format("host={} port={} user=postgres dbname=postgres connect_timeout=5", folder.path().string(), port);
    const auto deadline = steady_clock::now() + kStartTimeMax;
    while (!ended(server) && steady_clock::now() < deadline) {
      if (PQping(where.c_str()) == PQPING_OK) return;
      poll(nullptr, 0, 5);
    }
    if (!ended(server)) ::kill(server, SIGQUIT);
    wait_for_end(server);
    server = -1;
    if (!is_known) port = 0;
  }
  give_up("the server does not start: " + text_of(log()));
}

std::vector<pid_t> PostgresServer::Impl::processes() const {
  std::vector<pid_t> all = {server};
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", server));
  for (pid_t child = 0; children >> child;) all.push_back(child);
  return all;
}

PostgresServer::PostgresServer(const PostgresServerOptions& options) : impl_(std::make_unique<Impl>(options)) {
  impl_->initialise();
  impl_->launch();
}

PostgresServer::~PostgresServer() {
  if (impl_->server < 0) return;
  resume();
  ::kill(impl_->server, SIGQUIT);
  wait_for_end(impl_->server);
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

std::string PostgresServer::new_database() {
  const std::string name = fmt::format("test{}", ++impl_->databases);
  sql("postgres", "CREATE DATABASE " + name);
  if (with_citus()) spread(name);
  return address(name);
}

int PostgresServer::citus_nodes() {
  const char* wanted = std::getenv("FAIRLEAD_TEST_CITUS");
  return wanted == nullptr ? 0 : std::clamp(std::atoi(wanted), 0, 9);
}

void PostgresServer::spread(const std::string& database) {
  while (citus_nodes() > 1 && static_cast<int>(impl_->nodes.size()) < citus_nodes()) {
    impl_->nodes.push_back(std::make_unique<PostgresServer>(impl_->options));
  }
  sql(database, "CREATE EXTENSION citus");
  sql(database, fmt::format("SELECT citus_set_coordinator_host('127.0.0.1', {})", impl_->port));
  for (const auto& node : impl_->nodes) {
    node->sql("postgres", "CREATE DATABASE " + database);
    node->sql(database, "CREATE EXTENSION citus");
    sql(database, fmt::format("SELECT citus_add_node('127.0.0.1', {})", node->impl_->port));
  }
  if (impl_->nodes.empty()) {
    sql(database,
        fmt::format("SELECT citus_set_node_property('127.0.0.1', {}, 'shouldhaveshards', true)", impl_->port));
  }
}

std::string PostgresServer::address(const std::string& database) const {
  std::string folder;
  for (const char c : impl_->folder.path().string()) folder += c == '/' ? "%2F" : std::string(1, c);
  return fmt::format("postgres://postgres@/{}?host={}&port={}", database, folder, impl_->port);
}

std::string PostgresServer::tcp_address(const std::string& database, const std::string& user,
                                        const std::string& password) const {
  const std::string who = password.empty() ? user : user + ":" + password;
  return fmt::format("postgres://{}@127.0.0.1:{}/{}", who, impl_->port, database);
}

std::string PostgresServer::database_of(const std::string& address) {
  const std::size_t end = std::min(address.find('?'), address.size());
  const std::size_t slash = address.rfind('/', end - 1);
  return address.substr(slash + 1, end - slash - 1);
}

std::string PostgresServer::sql(const std::string& database, const std::string& statements) {
  const Handle handle(PQconnectdb(address(database).c_str()), PQfinish);
  PQsetNoticeReceiver(
      handle.get(), [](void*, const PGresult*) {}, nullptr);
  const Answer answer(PQexec(handle.get(), statements.c_str()), PQclear);
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    give_up(fmt::format("{}: {}", statements, PQerrorMessage(handle.get())));
  }
  return PQntuples(answer.get()) == 0 ? "" : PQgetvalue(answer.get(), 0, 0);
}

void PostgresServer::give(const fs::path& path) {
  const passwd* user = geteuid() == 0 ? getpwnam("postgres") : nullptr;
  if (user != nullptr && chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) give_up("chown failed");
}

void PostgresServer::stop() {
  ::kill(impl_->server, SIGINT);
  wait_for_end(impl_->server);
  impl_->server = -1;
}

void PostgresServer::kill() {
  ::kill(impl_->server, SIGSTOP);  // From here on it makes no more children.
  const std::vector<pid_t> all = impl_->processes();
  for (const pid_t process : all) ::kill(process, SIGKILL);
  wait_for_end(impl_->server);
  impl_->server = -1;
  // The memory that they share stays until the last one is gone, and a new server refuses it.
  for (const pid_t process : all) {
    while (::kill(process, 0) == 0) poll(nullptr, 0, 1);
  }
}

void PostgresServer::start() {
  impl_->launch();
}

void PostgresServer::pause() {
  for (const pid_t process : impl_->processes()) ::kill(process, SIGSTOP);
}

void PostgresServer::resume() {
  for (const pid_t process : impl_->processes()) ::kill(process, SIGCONT);
}

pid_t PostgresServer::pid() const {
  return impl_->server;
}

const fs::path& PostgresServer::folder() const {
  return impl_->folder.path();
}

}  // namespace fairlead::store
