#include "store/postgres/schema.h"

namespace fairlead::store::postgres {
namespace {

/// The bytes of "fairlead". Held through each step, in the database.
constexpr std::int64_t kMigrationLock = 0x666169726C656164;

/// Asked of the catalogue's tables: to_regclass() answers from a cache, which may not have heard yet of what another
/// replica made while we waited for the lock.
constexpr std::string_view kHasSchema = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'fairlead'";
constexpr std::string_view kHasVersions =
    "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'fairlead' AND c.relname = 'schema_versions'";
constexpr std::string_view kCreateVersions =
    "CREATE TABLE fairlead.schema_versions (component TEXT PRIMARY KEY, version BIGINT NOT NULL)";
/// With the schema's name: without it a schema that this user may not use is passed over in silence.
constexpr std::string_view kSelectVersion = "SELECT version FROM fairlead.schema_versions WHERE component = $1";
constexpr std::string_view kPutVersion =
    "INSERT INTO fairlead.schema_versions (component, version) VALUES ($1, $2) "
    "ON CONFLICT (component) DO UPDATE SET version = excluded.version";

Result<bool> holds(PostgresConnection& connection, std::string_view question) {
  ASSIGN_OR_RETURN(const auto answer, connection.integer(question));
  return answer == 1;
}

/// 0 where there is nothing yet.
Result<std::size_t> version_of(PostgresConnection& connection, const Component& component) {
  ASSIGN_OR_RETURN(const bool has_versions, holds(connection, kHasVersions));
  if (!has_versions) return 0;
  ASSIGN_OR_RETURN(const auto version, connection.integer(kSelectVersion, component.name));
  if (version.value_or(0) < 0) {
    return fail(ErrorCode::kCorrupt, "{} names no valid schema version; restore the database from a backup",
                connection.server());
  }
  return static_cast<std::size_t>(version.value_or(0));
}

Status create_versions(PostgresConnection& connection) {
  ASSIGN_OR_RETURN(const bool has_schema, holds(connection, kHasSchema));
  if (!has_schema) RETURN_IF_ERROR(connection.execute("CREATE SCHEMA fairlead"));
  ASSIGN_OR_RETURN(const bool has_versions, holds(connection, kHasVersions));
  if (!has_versions) RETURN_IF_ERROR(connection.execute(kCreateVersions));
  return {};
}

/// The next step, in the transaction that is open; returns the version after it.
Result<std::size_t> step(PostgresConnection& connection, const Component& component) {
  // A step may take long, and so may waiting for another replica's.
  RETURN_IF_ERROR(connection.run_script("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0"));
  RETURN_IF_ERROR(connection.execute("SELECT pg_advisory_xact_lock($1)", kMigrationLock));
  ASSIGN_OR_RETURN(const std::size_t version, version_of(connection, component));
  if (version >= component.steps.size()) return version;
  RETURN_IF_ERROR(create_versions(connection));
  RETURN_IF_ERROR(connection.run_script(std::string(component.steps[version])));
  RETURN_IF_ERROR(distribute(connection, component.tables));
  RETURN_IF_ERROR(connection.execute(kPutVersion, component.name, version + 1));
  return version + 1;
}

/// A role that may use the tables only is told who has to come first.
Error why_not(const PostgresConnection& connection, const Component& component, std::size_t version, Error error) {
  if (error.code != ErrorCode::kForbidden) return error;
  const std::string due = version == 0
                              ? std::string("must be made")
                              : fmt::format("must be brought from schema {} to {}", version, component.steps.size());
  return {ErrorCode::kForbidden,
          fmt::format(
              "the {} tables on {} {}, which this user may not do; run `fairlead doctor --store postgres://OWNER…` of "
              "this version once, as the tables' owner (docs/postgresql.md)",
              component.name, connection.server(), due)};
}

}  // namespace

Status migrate(PostgresConnection& connection, const Component& component) {
  ASSIGN_OR_RETURN(std::size_t version, version_of(connection, component));
  while (version < component.steps.size()) {
    RETURN_IF_ERROR(connection.begin_write());
    Result<std::size_t> done = step(connection, component);
    if (!done) {
      connection.rollback();
      connection.clear_status();
      return std::unexpected(why_not(connection, component, version, std::move(done).error()));
    }
    RETURN_IF_ERROR(connection.commit());
    version = *done;
  }
  if (version == component.steps.size()) return {};
  return fail(ErrorCode::kUnsupported,
              "the {} tables on {} were made by a newer version of Fairlead (schema {}, this one knows {}); install "
              "that version",
              component.name, connection.server(), version, component.steps.size());
}

}  // namespace fairlead::store::postgres
