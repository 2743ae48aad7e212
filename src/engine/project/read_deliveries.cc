#include "engine/project/read_deliveries.h"

#include <exception>
#include <utility>

#include "sources/source.h"

namespace fairlead::engine {

namespace {

/// Reasons are for people; a source that names a thousand unknown values shall not fill the outcome.
constexpr std::size_t kUnknownValuesNamedMax = 8;

std::string name_unknown_values(const std::vector<std::string>& values) {
  if (values.empty()) return {};
  std::string text = "unknown values:";
  for (std::size_t i = 0; i < values.size() && i < kUnknownValuesNamedMax; ++i) text += " " + values[i];
  if (values.size() > kUnknownValuesNamedMax)
    text += fmt::format(" and {} more", values.size() - kUnknownValuesNamedMax);
  return text;
}

Interpretation quarantined(std::string reason) {
  Interpretation interpretation;
  interpretation.outcome = Interpretation::Outcome::kQuarantined;
  interpretation.reason = std::move(reason);
  return interpretation;
}

Interpretation interpret(const Delivery& delivery, const Policy& policy) {
  const sources::Source* source = sources::find_source(delivery.source.text);
  if (!source) return quarantined(fmt::format("no source is named '{}'", delivery.source.text));
  try {
    return source->interpret(delivery, policy);
  } catch (const std::exception& e) {
    return quarantined(fmt::format("the adapter failed: {}", e.what()));
  }
}

ReadDelivery read_delivery(const store::JournalRow& row, const Policy& policy) {
  Interpretation interpretation = interpret(row.delivery, policy);
  ReadDelivery read;
  read.outcome.position = row.position;
  read.outcome.source = row.delivery.source;
  read.outcome.received_at = row.delivery.received_at;
  read.outcome.outcome = interpretation.outcome;
  read.outcome.reason = std::move(interpretation.reason);
  if (interpretation.outcome != Interpretation::Outcome::kAccepted) return read;
  if (read.outcome.reason.empty()) read.outcome.reason = name_unknown_values(interpretation.unknown_values);
  read.outcome.observations = static_cast<std::int64_t>(interpretation.observations.size());
  read.observations = std::move(interpretation.observations);
  return read;
}

ReadDelivery damaged_row(JournalPosition position, const Error& error) {
  ReadDelivery read;
  read.outcome.position = position;
  read.outcome.outcome = Interpretation::Outcome::kQuarantined;
  read.outcome.reason = error.message;
  return read;
}

/// Past a damaged row: the rows before it one by one, then the damaged one itself. Sequences of a lane are contiguous.
Result<std::vector<ReadDelivery>> read_up_to_damage(store::Journal& journal, const Policy& policy, std::uint32_t lane,
                                                    std::uint64_t after_sequence, const ProjectorLimits& limits) {
  std::vector<ReadDelivery> deliveries;
  while (deliveries.size() < limits.rows_max) {
    const JournalPosition next{lane, after_sequence + deliveries.size() + 1};
    auto row = journal.row(next);
    if (!row && row.error().code == ErrorCode::kCorrupt) {
      deliveries.push_back(damaged_row(next, row.error()));
      break;
    }
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    deliveries.push_back(read_delivery(**row, policy));
  }
  return deliveries;
}

}  // namespace

Result<std::vector<ReadDelivery>> read_deliveries(store::Journal& journal, const Policy& policy, std::uint32_t lane,
                                                  std::uint64_t after_sequence, const ProjectorLimits& limits) {
  auto rows = journal.read(lane, after_sequence, limits.rows_max, limits.bytes_max);
  if (!rows && rows.error().code == ErrorCode::kCorrupt) {
    return read_up_to_damage(journal, policy, lane, after_sequence, limits);
  }
  if (!rows) return std::unexpected(rows.error());

  std::vector<ReadDelivery> deliveries;
  deliveries.reserve(rows->size());
  std::size_t observations = 0;
  for (const store::JournalRow& row : *rows) {
    deliveries.push_back(read_delivery(row, policy));
    observations += deliveries.back().observations.size();
    if (observations >= limits.observations_max) break;
  }
  return deliveries;
}

}  // namespace fairlead::engine
