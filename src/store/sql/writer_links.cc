// What the linker writes: links, evidence, facts, summaries. Each call compares with what is stored and writes only
// what differs.

#include <algorithm>
#include <map>
#include <set>

#include "store/sql/derived_writer.h"

namespace fairlead::store::sql {
namespace {

constexpr std::string_view kPutStream =
    "INSERT INTO streams (deployment, service, environment, repository, finished_at, baseline, ancestry_unknown, "
    "shipped_count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (deployment, service, environment, repository) "
    "DO UPDATE SET finished_at = excluded.finished_at, baseline = excluded.baseline, "
    "ancestry_unknown = excluded.ancestry_unknown, shipped_count = excluded.shipped_count";
constexpr std::string_view kDeleteStream =
    "DELETE FROM streams WHERE deployment = $1 AND service = $2 AND environment = $3 AND repository = $4";
constexpr std::string_view kInsertShipped =
    "INSERT INTO shipped (deployment, repository, sha, service, environment) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT DO NOTHING";
constexpr std::string_view kDeleteShipped =
    "DELETE FROM shipped WHERE deployment = $1 AND repository = $2 AND sha = $3 AND service = $4 AND environment = $5";
constexpr std::string_view kInsertMissing =
    "INSERT INTO missing (deployment, repository, sha, service, environment, since) VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT DO NOTHING";
constexpr std::string_view kDeleteMissing =
    "DELETE FROM missing WHERE deployment = $1 AND repository = $2 AND sha = $3 AND service = $4 AND environment = $5 "
    "AND since = $6";
constexpr std::string_view kInsertEvidence =
    "INSERT INTO evidence (giver, ordinal, deployment, kind, service, at, remedied_at, excluded) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
constexpr std::string_view kPutFact =
    "INSERT INTO facts (place, at, subject, owner, subject_kind, production, first_in_production, value, excluded) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (place, at, subject, owner) DO UPDATE SET "
    "subject_kind = excluded.subject_kind, production = excluded.production, "
    "first_in_production = excluded.first_in_production, value = excluded.value, excluded = excluded.excluded";
constexpr std::string_view kDeleteFact =
    "DELETE FROM facts WHERE place = $1 AND at = $2 AND subject = $3 AND owner = $4";
constexpr std::string_view kPutFactOwner =
    "INSERT INTO fact_owners (owner, facts) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET facts = excluded.facts";
constexpr std::string_view kSelectCounts = "SELECT days FROM summary_counts WHERE place = $1 AND month = $2";
constexpr std::string_view kPutKnownSince =
    "INSERT INTO known_since (service, kind, simulated, since) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (service, kind, simulated) DO UPDATE SET since = excluded.since";

template <class Row>
std::vector<Row> set_of(std::span<const Row> rows) {
  const std::set<Row> unique(rows.begin(), rows.end());
  return {unique.begin(), unique.end()};
}

/// Brings what is remembered, which is sorted, to what is stored now.
template <class Row>
void keep_up(std::vector<Row>& rows, const Row& row, bool there) {
  const auto at = std::lower_bound(rows.begin(), rows.end(), row);
  const bool found = at != rows.end() && *at == row;
  if (found && !there) rows.erase(at);
  if (!found && there) rows.insert(at, row);
}

/// Calls `gone` for the rows of `before` alone and `come` for those of `after` alone; both are sorted.
template <class Row, class Gone, class Come>
void difference(const std::vector<Row>& before, const std::vector<Row>& after, const Gone& gone, const Come& come) {
  for (const auto& row : before) {
    if (!std::binary_search(after.begin(), after.end(), row)) gone(row);
  }
  for (const auto& row : after) {
    if (!std::binary_search(before.begin(), before.end(), row)) come(row);
  }
}

}  // namespace

void Writer::replace_stream(const EntityKey& deployment, std::span<const StreamDeployment> rows,
                            std::span<const Shipped> shipped, std::span<const Missing> missing) {
  const auto streams_before = streams_of(deployment);
  const auto shipped_before = shipped_by(deployment);
  const auto missing_before = missing_of(deployment);
  if (!streams_before || !shipped_before || !missing_before) return;
  const auto number = [this](const auto& name) { return names_.number_of(name.text); };
  const std::int64_t owner = make_number(deployment);

  std::map<std::tuple<ServiceName, EnvironmentName, RepositoryName>, StreamDeployment> by_place;
  for (const auto& row : rows) by_place[{row.service, row.environment, row.repository}] = row;
  for (const auto& row : *streams_before) {
    if (by_place.contains({row.service, row.environment, row.repository})) continue;
    run(kDeleteStream, owner, number(row.service), number(row.environment), number(row.repository));
  }
  for (const auto& [place, row] : by_place) {
    if (std::find(streams_before->begin(), streams_before->end(), row) != streams_before->end()) continue;
    run(kPutStream, owner, number(row.service), number(row.environment), number(row.repository), row.finished_at,
        row.baseline, row.ancestry_unknown, row.shipped_count);
  }
  const auto run_shipped = [&](std::string_view sql, const Shipped& row, bool there) {
    keep_up_shipper(row, there);
    run(sql, owner, number(row.repository), StoredSha(row.sha), number(row.service), number(row.environment));
  };
  difference(
      *shipped_before, set_of(shipped), [&](const Shipped& row) { run_shipped(kDeleteShipped, row, false); },
      [&](const Shipped& row) { run_shipped(kInsertShipped, row, true); });
  const auto run_missing = [&](std::string_view sql, const Missing& row) {
    run(sql, owner, number(row.repository), StoredSha(row.sha), number(row.service), number(row.environment),
        row.since);
  };
  difference(
      *missing_before, set_of(missing), [&](const Missing& row) { run_missing(kDeleteMissing, row); },
      [&](const Missing& row) { run_missing(kInsertMissing, row); });
  ExpectedRows& now = expected(deployment);
  now.streams.emplace();
  for (const auto& [place, row] : by_place) now.streams->push_back(row);
  now.shipped = set_of(shipped);
  now.missing = set_of(missing);
}

void Writer::keep_up_shipper(const Shipped& row, bool there) {
  if (auto* const rows = shippers_read_.find({row.repository, row.sha})) keep_up(*rows, row, there);
}

void Writer::keep_up_evidence(const Evidence& row, bool there) {
  const auto target = expected_.find(row.deployment);
  if (target == expected_.end() || !target->second.evidence_on) return;
  keep_up(*target->second.evidence_on, row, there);
}

void Writer::replace_evidence(const EntityKey& giver, std::span<const Evidence> rows) {
  const auto before = evidence_by(giver);
  const auto after = set_of(rows);
  if (!before || *before == after) return;
  for (const auto& row : *before) keep_up_evidence(row, false);
  for (const auto& row : after) keep_up_evidence(row, true);
  expected(giver).evidence_by = after;
  run("DELETE FROM evidence WHERE giver = $1", giver);
  std::int64_t ordinal = 0;
  for (const auto& row : after) {
    run(kInsertEvidence, giver, ordinal++, row.deployment, static_cast<std::int64_t>(row.kind),
        names_.number_of(row.service.text), row.at, row.remedied_at, row.excluded);
  }
}

void Writer::replace_facts(const EntityKey& owner, std::span<const Fact> rows) {
  const auto before = facts_of(owner);
  const auto after = fact_set(rows);
  if (!before || *before == after) return;
  expected(owner).facts = after;
  const auto key = [](const Fact& fact) { return std::pair(FactPosition::of(fact), fact.simulated); };
  const auto old_row_of = [&](const Fact& fact) {
    return std::find_if(before->begin(), before->end(), [&](const Fact& b) { return key(b) == key(fact); });
  };
  for (const auto& fact : *before) {
    if (std::none_of(after.begin(), after.end(), [&](const Fact& a) { return key(a) == key(fact); })) erase_fact(fact);
  }
  for (const auto& fact : after) {
    const auto old_row = old_row_of(fact);
    if (old_row == before->end() || *old_row != fact) put_fact(fact);
  }
  std::vector<FactReference> references;
  for (const auto& fact : after) references.push_back({names_.number_of_place(place_of(fact)), fact.at, fact.subject});
  const std::int64_t number = make_number(owner);
  if (references.empty()) {
    run("DELETE FROM fact_owners WHERE owner = $1", number);
  } else {
    run(kPutFactOwner, number, Blob{pack_fact_references(references, owner)});
  }
}

void Writer::erase_fact(const Fact& fact) {
  run(kDeleteFact, names_.number_of_place(place_of(fact)), fact.at, fact.subject, fact.owner);
}

void Writer::put_fact(const Fact& fact) {
  run(kPutFact, names_.number_of_place(place_of(fact)), fact.at, fact.subject, fact.owner,
      static_cast<std::int64_t>(fact.subject_kind), fact.production, fact.first_in_production, fact.value,
      names_.number_of(fact.excluded));
}

void Writer::replace_known_since(const ServiceName& service, std::span<const KnownSince> rows) {
  const auto before = known_since(service);
  if (!before) return;
  std::map<std::pair<DataKind, bool>, KnownSince> after;
  for (const auto& row : rows) after[{row.kind, row.simulated}] = row;
  for (const auto& row : *before) {
    if (after.contains({row.kind, row.simulated})) continue;
    run("DELETE FROM known_since WHERE service = $1 AND kind = $2 AND simulated = $3", service,
        static_cast<std::int64_t>(row.kind), row.simulated);
  }
  for (const auto& [place, row] : after) {
    if (std::find(before->begin(), before->end(), row) != before->end()) continue;
    run(kPutKnownSince, service, static_cast<std::int64_t>(row.kind), row.simulated, row.since);
  }
}

void Writer::put_summaries(std::span<const SummaryWrite> summaries) {
  std::map<std::pair<std::int64_t, std::int32_t>, std::vector<const SummaryWrite*>> months;
  for (const auto& write : summaries) {
    const std::int64_t place = names_.number_of_place(write.place);
    months[{place, month_of(write.day)}].push_back(&write);
  }
  put_values(summaries);
  std::vector<Argument> wanted;
  for (const auto& [month, writes] : months) {
    wanted.emplace_back(month.first);
    wanted.emplace_back(std::int64_t{month.second});
  }
  std::vector<std::string> before(months.size());
  connection_.open_each(kSelectCounts, 2, wanted, [&](std::size_t index, Rows& rows) {
    if (rows.next()) before[index] = rows.bytes(0);
  });
  auto stored = before.begin();
  for (const auto& [month, writes] : months) put_counts(month.first, month.second, *stored++, writes);
}

/// The counts of a month's days lie in one row.
void Writer::put_counts(std::int64_t place, std::int32_t month, const std::string& before,
                        std::span<const SummaryWrite* const> writes) {
  std::map<Day, DaySummary> days;
  if (!before.empty()) {
    auto stored = unpack_counts(before);
    if (!stored) return note(stored.error());
    days = std::move(*stored);
  }
  for (const SummaryWrite* const write : writes) {
    days[write->day] = write->summary;
    if (write->summary == DaySummary{}) days.erase(write->day);
  }
  const std::string after = pack_counts(days);
  if (days.empty()) {
    run("DELETE FROM summary_counts WHERE place = $1 AND month = $2", place, month);
  } else if (after != before) {
    run("INSERT INTO summary_counts (place, month, days) VALUES ($1, $2, $3) ON CONFLICT (place, month) "
        "DO UPDATE SET days = excluded.days",
        place, month, Blob{after});
  }
}

/// What goes first, then what comes: statements of one kind travel together.
void Writer::put_values(std::span<const SummaryWrite> summaries) {
  for (const auto& [place, day, summary] : summaries) {
    if (!summary.values.empty()) continue;
    const std::int64_t number = names_.number_of_place(place);
    run("DELETE FROM summary_bins WHERE place = $1 AND day = $2", number, day.number);
    run("DELETE FROM summary_values WHERE place = $1 AND day = $2", number, day.number);
  }
  for (const auto& [place, day, summary] : summaries) {
    if (summary.values.empty()) continue;
    const std::int64_t number = names_.number_of_place(place);
    run("INSERT INTO summary_bins (place, day, bins) VALUES ($1, $2, $3) ON CONFLICT (place, day) DO UPDATE SET "
        "bins = excluded.bins",
        number, day.number, Blob{pack_bins(bin_counts(summary.values))});
    run("INSERT INTO summary_values (place, day, entries) VALUES ($1, $2, $3) ON CONFLICT (place, day) DO UPDATE SET "
        "entries = excluded.entries",
        number, day.number, Blob{pack_values(summary.values)});
  }
}

void Writer::drop_links() {
  forget_reads();
  for (const std::string_view sql :
       {"DELETE FROM service_marks", "DELETE FROM day_marks", "DELETE FROM streams", "DELETE FROM shipped",
        "DELETE FROM missing", "DELETE FROM evidence", "DELETE FROM facts", "DELETE FROM fact_owners",
        "DELETE FROM summary_counts", "DELETE FROM summary_bins", "DELETE FROM summary_values",
        "DELETE FROM known_since"}) {
    run(sql);
  }
}

}  // namespace fairlead::store::sql
