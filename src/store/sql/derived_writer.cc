#include "store/sql/derived_writer.h"

#include <utility>

namespace fairlead::store::sql {

Writer::Writer(Connection& connection, NameTable& names, std::function<void()> ended)
    : View(connection, names), ended_(std::move(ended)) {}

Writer::~Writer() {
  if (open_) {
    connection_.rollback();
    names_.forget();
  }
  end();
}

Status Writer::begin() {
  connection_.clear_status();
  RETURN_IF_ERROR(connection_.begin_write());
  open_ = true;
  return {};
}

Status Writer::commit() {
  if (!open_) return fail(ErrorCode::kInvalid, "this write transaction is over");
  flush();
  if (error_) return std::unexpected(*error_);
  RETURN_IF_ERROR(connection_.status());
  RETURN_IF_ERROR(connection_.commit());
  open_ = false;
  end();
  return {};
}

void Writer::end() {
  if (ended_) std::exchange(ended_, nullptr)();
}

void Writer::note(const Error& error) {
  if (!error_) error_ = error;
}

void Writer::flush() {
  const auto add = [this](Counts& changes, std::string_view sql) {
    for (const auto& [number, change] : changes) {
      if (change != 0) run(sql, number, change);
    }
    changes.clear();
  };
  for (const auto& [place, change] : outcome_changes_) {
    if (change == 0) continue;
    run("INSERT INTO outcome_counts (source, outcome, count) VALUES ($1, $2, $3) "
        "ON CONFLICT (source, outcome) DO UPDATE SET count = outcome_counts.count + excluded.count",
        place.first, place.second, change);
  }
  outcome_changes_.clear();
  add(service_changes_,
      "INSERT INTO service_counts (name, count) VALUES ($1, $2) ON CONFLICT (name) "
      "DO UPDATE SET count = service_counts.count + excluded.count");
  add(environment_changes_,
      "INSERT INTO environment_counts (name, count) VALUES ($1, $2) ON CONFLICT (name) "
      "DO UPDATE SET count = environment_counts.count + excluded.count");
}

}  // namespace fairlead::store::sql
