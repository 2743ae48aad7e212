#include "store/sqlite/schema.h"

namespace fairlead::store::sqlite {

Status check_schema(Database& database, const std::string& path, const Schema& schema) {
  ASSIGN_OR_RETURN(const auto version, database.integer("PRAGMA user_version"));
  ASSIGN_OR_RETURN(const auto id, database.integer("PRAGMA application_id"));
  ASSIGN_OR_RETURN(const auto tables, database.integer("SELECT count(*) FROM sqlite_schema"));
  const bool is_new = version == 0 && id == 0 && tables == 0;
  if (!is_new && id != schema.application_id) {
    return fail(ErrorCode::kCorrupt,
                "{} is another program's file or damaged; move it away or name another data folder", path);
  }
  const auto newest = static_cast<std::int64_t>(schema.steps.size());
  if (version > newest) {
    return fail(ErrorCode::kUnsupported,
                "{} was written by a newer version of Fairlead (schema {}, this one knows {}); install that version",
                path, *version, newest);
  }
  if (!is_new && version < 1) {
    return fail(ErrorCode::kCorrupt, "{} names no valid schema version; restore it from a backup", path);
  }
  return {};
}

Status migrate(Database& database, const Schema& schema) {
  ASSIGN_OR_RETURN(const auto version, database.integer("PRAGMA user_version"));
  for (auto step = static_cast<std::size_t>(version.value_or(0)); step < schema.steps.size(); ++step) {
    std::string script = "BEGIN IMMEDIATE;";
    script += schema.steps[step];
    script += fmt::format(";PRAGMA application_id={};PRAGMA user_version={};COMMIT;", schema.application_id, step + 1);
    if (auto done = database.run_script(script); !done) {
      if (database.in_transaction()) static_cast<void>(database.run_script("ROLLBACK"));
      return done;
    }
  }
  return {};
}

}  // namespace fairlead::store::sqlite
