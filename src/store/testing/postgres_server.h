#pragma once

// A PostgreSQL server of the tests' own: real, with a folder, a socket and a port of its own, and gone with the test
// program.

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace fairlead::store {

struct PostgresServerOptions {
  /// Whether a commit waits for the disk. Off is faster; a test that takes the server's power away needs it.
  bool durable = false;
  int connections_max = 100;
};

class PostgresServer {
 public:
  /// Makes a data folder and starts a server on it; throws where there is no PostgreSQL or it does not start. As root
  /// it runs as the user postgres.
  explicit PostgresServer(const PostgresServerOptions& options = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The one of this program, started at the first call.
  static PostgresServer& shared();

  /// FAIRLEAD_TEST_CITUS: where it is 1 or more, every server and new database has the extension Citus, and tables are
  /// divided among so many nodes: one is the server itself, several are further servers.
  static int citus_nodes();
  static bool with_citus() { return citus_nodes() > 0; }

  /// The address of a new, empty database, by the socket, as a superuser.
  std::string new_database();
  /// `postgres://USER:PASSWORD@127.0.0.1:PORT/DATABASE`. Users other than `postgres` need their password there.
  std::string tcp_address(const std::string& database, const std::string& user = "postgres",
                          const std::string& password = "") const;
  /// `postgres://postgres@/DATABASE?host=SOCKET_FOLDER`
  std::string address(const std::string& database) const;
  static std::string database_of(const std::string& address);

  /// Runs SQL as a superuser; throws where it fails. Returns the first column of the first row, if any.
  std::string sql(const std::string& database, const std::string& statements);

  /// Makes `path` the property of the user that the server runs as.
  static void give(const std::filesystem::path& path);

  void stop();   ///< Like an administrator: clients are sent away, everything is written. SIGINT.
  void kill();   ///< Like a power cut, less the operating system's cache. SIGKILL to all its processes.
  void start();  ///< After `stop` or `kill`; returns when it answers.
  void pause();  ///< Nothing of it runs until `resume`: SIGSTOP to all its processes.
  void resume();
  pid_t pid() const;
  const std::filesystem::path& folder() const;

 private:
  struct Impl;
  void spread(const std::string& database);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::store
