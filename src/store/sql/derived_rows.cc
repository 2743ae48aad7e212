#include "store/sql/derived_rows.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "model/codec.h"
#include "model/wire.h"
#include "store/entity_query.h"

namespace fairlead::store::sql {
namespace {

bool is_packable(std::string_view text) {
  if (text.size() != 40 && text.size() != 64) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

constexpr char kTextMark = '\xff';

bool has_length_of_sha(std::string_view bytes) {
  return bytes.size() == 20 || bytes.size() == 32;
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "the derived state holds {} that cannot be read; {}", what, kDerivedAdvice);
}

/// More bins than this no program ever made.
constexpr std::uint64_t kBinsMax = 65'536;

}  // namespace

const std::string kDerivedAdvice = "stop the server and run `fairlead replay` to make it anew from the journal";

StoredSha::StoredSha(const CommitSha& sha) {
  if (is_packable(sha.text)) {
    bytes_ = from_hex(sha.text);
    return;
  }
  bytes_ = kTextMark + sha.text;
  if (has_length_of_sha(bytes_)) bytes_ = kTextMark + bytes_;
}

CommitSha sha_at(const Query& query, int column) {
  const std::string_view bytes = query.bytes(column);
  if (has_length_of_sha(bytes)) return CommitSha(to_hex(bytes));
  const std::size_t marks = bytes.size() > 1 && bytes[1] == kTextMark && has_length_of_sha(bytes.substr(1)) ? 2 : 1;
  return CommitSha(bytes.substr(std::min(marks, bytes.size())));
}

Result<EntityRow> entity_at(const Query& query, NameTable& names, int column) {
  auto entity = decode_entity(query.bytes(column + 9));
  if (!entity) return damaged("an entity");
  EntityRow row{query.key(column), std::move(*entity), {}};
  row.place.service = ServiceName(names.text_of(query.integer(column + 2)));
  row.place.environment = EnvironmentName(names.text_of(query.integer(column + 3)));
  row.place.repository = RepositoryName(names.text_of(query.integer(column + 4)));
  row.place.at = query.optional_instant(column + 5);
  row.place.status = names.text_of(query.integer(column + 6));
  row.place.production = query.integer(column + 7) != 0;
  row.place.simulated = query.integer(column + 8) != 0;
  return row;
}

std::string pack_terms(const std::vector<Mention>& mentions) {
  std::vector<std::uint64_t> terms;
  terms.reserve(mentions.size());
  for (const auto& mention : mentions) terms.push_back(mention_hash(mention));
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  std::string bytes(terms.size() * sizeof(std::uint64_t), '\0');
  if (!terms.empty()) std::memcpy(bytes.data(), terms.data(), bytes.size());
  return bytes;
}

std::vector<std::uint64_t> unpack_terms(std::string_view bytes) {
  std::vector<std::uint64_t> terms(bytes.size() / sizeof(std::uint64_t));
  if (!terms.empty()) std::memcpy(terms.data(), bytes.data(), terms.size() * sizeof(std::uint64_t));
  return terms;
}

// Most facts are about their owner: an empty text says so.
std::string pack_fact_references(std::span<const FactReference> references, const EntityKey& owner) {
  std::string bytes;
  wire::Writer writer(bytes);
  for (const auto& reference : references) {
    writer.integer(reference.place);
    writer.integer(reference.at.ms);
    writer.text(reference.subject == owner ? std::string_view() : reference.subject.view());
  }
  return bytes;
}

Result<std::vector<FactReference>> unpack_fact_references(std::string_view bytes, const EntityKey& owner) {
  std::vector<FactReference> references;
  wire::Reader reader(bytes);
  while (!reader.failed() && !reader.at_end()) {
    FactReference reference{reader.integer(), {reader.integer()}, owner};
    const std::string_view subject = reader.text();
    if (!subject.empty()) {
      if (subject.size() != reference.subject.bytes.size()) return damaged("a reference to a fact");
      std::copy(subject.begin(), subject.end(), reference.subject.bytes.begin());
    }
    references.push_back(reference);
  }
  if (reader.failed()) return damaged("references to facts");
  return references;
}

std::string pack_keys(std::vector<EntityKey> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::string bytes;
  for (const auto& key : keys) bytes += key.view();
  return bytes;
}

std::vector<EntityKey> unpack_keys(std::string_view bytes) {
  std::vector<EntityKey> keys(bytes.size() / sizeof(EntityKey::bytes));
  for (auto& key : keys) {
    std::copy_n(bytes.begin(), key.bytes.size(), key.bytes.begin());
    bytes.remove_prefix(key.bytes.size());
  }
  return keys;
}

std::int32_t month_of(Day day) {
  return day.number >= 0 ? day.number / kDaysPerMonth : -((-day.number - 1) / kDaysPerMonth) - 1;
}

std::string pack_counts(const std::map<Day, DaySummary>& days) {
  std::string bytes;
  wire::Writer writer(bytes);
  writer.number(days.size());
  for (const auto& [day, summary] : days) {
    writer.integer(day.number);
    writer.integer(summary.count);
    writer.integer(summary.ones);
    writer.number(summary.excluded.size());
    for (const auto& [reason, count] : summary.excluded) {
      writer.text(reason);
      writer.integer(count);
    }
  }
  return bytes;
}

Result<std::map<Day, DaySummary>> unpack_counts(std::string_view bytes) {
  std::map<Day, DaySummary> days;
  wire::Reader reader(bytes);
  for (std::size_t left = reader.count(); left > 0; --left) {
    const Day day{static_cast<std::int32_t>(reader.integer())};
    DaySummary& summary = days.emplace_hint(days.end(), day, DaySummary())->second;
    summary.count = reader.integer();
    summary.ones = reader.integer();
    for (std::size_t reasons = reader.count(); reasons > 0; --reasons) {
      std::string reason(reader.text());
      summary.excluded.emplace_hint(summary.excluded.end(), std::move(reason), reader.integer());
    }
  }
  if (reader.failed() || !reader.at_end()) return damaged("counts of a summary");
  return days;
}

// The first value may be negative; the differences of sorted values are not.
std::string pack_values(std::span<const std::int64_t> sorted) {
  std::string bytes;
  wire::Writer writer(bytes);
  writer.number(sorted.size());
  if (sorted.empty()) return bytes;
  writer.integer(sorted.front());
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    writer.number(static_cast<std::uint64_t>(sorted[i]) - static_cast<std::uint64_t>(sorted[i - 1]));
  }
  return bytes;
}

Result<std::vector<std::int64_t>> unpack_values(std::string_view bytes) {
  wire::Reader reader(bytes);
  std::vector<std::int64_t> values(reader.count());
  if (!values.empty()) values.front() = reader.integer();
  for (std::size_t i = 1; i < values.size(); ++i) {
    values[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(values[i - 1]) + reader.number());
  }
  if (reader.failed() || !reader.at_end()) return damaged("values of a summary");
  return values;
}

std::string pack_bins(std::span<const BinCount> bins) {
  std::string bytes;
  wire::Writer writer(bytes);
  writer.number(bins.size());
  std::int32_t previous = 0;
  for (const auto& [bin, count] : bins) {
    writer.number(static_cast<std::uint64_t>(bin - previous));
    writer.number(static_cast<std::uint64_t>(count));
    previous = bin;
  }
  return bytes;
}

Status add_bins(std::string_view bytes, std::vector<std::int64_t>& sums) {
  wire::Reader reader(bytes);
  std::uint64_t bin = 0;
  for (std::size_t left = reader.count(); left > 0; --left) {
    bin += reader.number();
    if (bin >= kBinsMax) return damaged("bins of a summary");
    if (bin >= sums.size()) sums.resize(bin + 1);
    sums[bin] += static_cast<std::int64_t>(reader.number());
  }
  if (reader.failed() || !reader.at_end()) return damaged("bins of a summary");
  return {};
}

}  // namespace fairlead::store::sql
