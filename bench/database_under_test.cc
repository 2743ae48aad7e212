#include "bench/database_under_test.h"

#include <fmt/format.h>

#include <array>

namespace fairlead::bench {
namespace {

// The tables are those of store/postgres/derived_schema.h. `{0}` stands for the number of copies.

constexpr std::string_view kNewServices = R"sql(
CREATE TABLE service_copies AS
  SELECT n.number AS original, n.text AS original_name, copy, n.text || convert_to('-' || copy, 'UTF8') AS name
  FROM names AS n, generate_series(1, {0}) AS copy
  WHERE n.text <> '' AND n.number IN (SELECT service FROM places);
INSERT INTO names (text) SELECT name FROM service_copies;
CREATE TABLE place_copies AS
  SELECT p.number AS original, c.copy, p.metric, p.simulated, n.number AS service, p.environment
  FROM places AS p JOIN service_copies AS c ON c.original = p.service JOIN names AS n ON n.text = c.name;
INSERT INTO places (metric, simulated, service, environment)
  SELECT metric, simulated, service, environment FROM place_copies ORDER BY copy, original;
ALTER TABLE place_copies ADD COLUMN number BIGINT;
UPDATE place_copies AS c SET number = p.number FROM places AS p
  WHERE (p.metric, p.simulated, p.service, p.environment) = (c.metric, c.simulated, c.service, c.environment);
INSERT INTO service_counts (name, count)
  SELECT n.number, s.count FROM service_counts AS s JOIN service_copies AS c ON c.original = s.name
  JOIN names AS n ON n.text = c.name;
INSERT INTO known_since (service, kind, simulated, since)
  SELECT c.name, k.kind, k.simulated, k.since
  FROM known_since AS k JOIN service_copies AS c ON c.original_name = k.service;
INSERT INTO summary_counts (place, month, days)
  SELECT c.number, s.month, s.days FROM summary_counts AS s JOIN place_copies AS c ON c.original = s.place;
INSERT INTO summary_bins (place, day, bins)
  SELECT c.number, s.day, s.bins FROM summary_bins AS s JOIN place_copies AS c ON c.original = s.place;
INSERT INTO summary_values (place, day, entries)
  SELECT c.number, s.day, s.entries FROM summary_values AS s JOIN place_copies AS c ON c.original = s.place;
INSERT INTO day_marks (metric, service, environment, simulated, day)
  SELECT DISTINCT metric.text, ''::bytea, ''::bytea, p.simulated, floor(f.at / 86400000.0)::bigint
  FROM facts AS f JOIN places AS p ON p.number = f.place JOIN names AS metric ON metric.number = p.metric
  WHERE f.production = 1 AND f.first_in_production = 1
  ON CONFLICT DO NOTHING;
CREATE TABLE fact_originals AS SELECT * FROM facts ORDER BY place, at;
)sql";

/// One copy at a time and in the order of the key, so that its index grows at its end. Each copy is about deployments
/// of its own: the last byte of their keys differs.
constexpr std::string_view kFactsOfCopy = R"sql(
INSERT INTO facts (place, at, subject, owner, subject_kind, production, first_in_production, value, excluded)
  SELECT c.number, f.at, set_byte(f.subject, 15, (get_byte(f.subject, 15) + {0}) % 256),
         set_byte(f.owner, 15, (get_byte(f.owner, 15) + {0}) % 256), f.subject_kind, f.production,
         f.first_in_production, f.value, f.excluded
  FROM fact_originals AS f JOIN place_copies AS c ON c.original = f.place AND c.copy = {0}
  ORDER BY c.number, f.at;
)sql";

struct TableGroup {
  const char* name;
  const char* tables;
};
constexpr std::array kTableGroups = {
    TableGroup{"journal", "'deliveries', 'delivery_ids', 'lanes'"},
    TableGroup{"outcomes", "'outcomes', 'outcome_counts'"},
    TableGroup{"entities", "'entities', 'mentions', 'keys', 'names', 'service_counts', 'environment_counts', 'edges'"},
    TableGroup{"links", "'streams', 'shipped', 'missing', 'evidence', 'service_marks', 'known_since'"},
    TableGroup{"facts", "'facts', 'fact_owners', 'places'"},
    TableGroup{"summaries", "'summary_counts', 'summary_bins', 'summary_values', 'day_marks'"}};

}  // namespace

void DatabaseUnderTest::multiply_services(std::uint64_t times) {
  if (times < 2) return;
  // What is copied is no measurement: it need not wait for the disk.
  server_.sql(name_, "ALTER SYSTEM SET fsync = off");
  server_.sql(name_, "ALTER SYSTEM SET max_wal_size = '4GB'");
  server_.sql(name_, "SELECT pg_reload_conf()");
  sql(fmt::format(kNewServices, times - 1));
  for (std::uint64_t copy = 1; copy < times; ++copy) {
    fmt::print(stderr, "\rcopy {} of {}", copy, times - 1);
    sql("SET work_mem = '512MB';" + fmt::format(kFactsOfCopy, copy));
  }
  fmt::print(stderr, "\n");
  sql("DROP TABLE service_copies, place_copies, fact_originals");
  server_.sql(name_, "ALTER SYSTEM RESET fsync");
  server_.sql(name_, "ALTER SYSTEM RESET max_wal_size");
  server_.sql(name_, "SELECT pg_reload_conf()");
  server_.sql(name_, "ANALYZE");
  server_.sql(name_, "CHECKPOINT");
}

std::uint64_t DatabaseUnderTest::marked_days() {
  return rows("day_marks");
}

std::uint64_t DatabaseUnderTest::rows(const std::string& table) {
  return number("SELECT count(*) FROM " + table);
}

std::uint64_t DatabaseUnderTest::bytes() {
  return number("SELECT pg_database_size(current_database())");
}

std::uint64_t DatabaseUnderTest::log_bytes() {
  return number("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint");
}

void DatabaseUnderTest::print_table_bytes(std::uint64_t count, const std::string& what) {
  fmt::print("bytes per {}, with indexes:", what);
  for (const auto& [group, tables] : kTableGroups) {
    const std::uint64_t found =
        number(fmt::format("SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class "
                           "WHERE relkind = 'r' AND relnamespace = 'fairlead'::regnamespace AND relname IN ({})",
                           tables));
    fmt::print(" {} {:.0f},", group, static_cast<double>(found) / static_cast<double>(count));
  }
  fmt::print(" the whole database {:.0f}\n", static_cast<double>(bytes()) / static_cast<double>(count));
}

std::string DatabaseUnderTest::sql(const std::string& statements) {
  return server_.sql(name_, "SET search_path = fairlead;" + statements);
}

std::uint64_t DatabaseUnderTest::number(const std::string& query) {
  return std::stoull(sql(query));
}

}  // namespace fairlead::bench
