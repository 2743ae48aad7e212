#include "engine/project/projector.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "engine/project/entity_batch.h"

namespace fairlead::engine {

namespace {

/// The journal rows whose marks are still to be looked up, as the setting keeps them: `FIRST LAST`.
struct RowRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::string to_text(RowRange range) {
  return fmt::format("{} {}", range.first, range.last);
}

Result<RowRange> parse_row_range(std::string_view text) {
  RowRange range;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec == std::errc() && first.ptr != end) {
    const auto last = std::from_chars(first.ptr + 1, end, range.last);
    if (last.ec == std::errc() && last.ptr == end && range.first > 0 && range.first <= range.last) return range;
  }
  return fail(ErrorCode::kCorrupt, "the derived state holds an unreadable row range '{}': run `fairlead replay`", text);
}

}  // namespace

Status apply(store::Derived& derived, const Policy& policy, std::span<const Observation> observations) {
  ASSIGN_OR_RETURN(const auto writer, derived.write());
  EntityBatch entities(*writer, policy);
  for (const Observation& observation : observations) entities.add(observation);
  RETURN_IF_ERROR(entities.write());
  ASSIGN_OR_RETURN(const Marks marks, marks_for(entities.touched(), *writer));
  marks.write(*writer);
  return writer->commit();
}

std::string Projector::look_setting(std::uint32_t lane) {
  return fmt::format("look.{}", lane);
}

Projector::Projector(store::Journal& journal, store::Derived& derived, const Policy& policy, ProjectorLimits limits)
    : journal_(journal), derived_(derived), policy_(policy), limits_(limits) {}

Result<ProjectedBatch> Projector::step(std::uint32_t lane) {
  if (!looked_.contains(lane)) RETURN_IF_ERROR(finish_interrupted_look(lane));

  ProjectedBatch batch;
  {
    ASSIGN_OR_RETURN(const auto reader, derived_.read());
    ASSIGN_OR_RETURN(batch.position, reader->position(lane));
  }
  ASSIGN_OR_RETURN(auto deliveries, read_deliveries(journal_, policy_, lane, batch.position, limits_));
  if (deliveries.empty()) return batch;

  Touched touched;
  RETURN_IF_ERROR(write(lane, deliveries, batch, touched));
  // Committed: from here on a linker sees the batch, and what it committed before is seen here.
  if (between_commit_and_look_) between_commit_and_look_();
  if (!touched.empty()) RETURN_IF_ERROR(look(lane, touched));
  return batch;
}

/// One transaction: entities, edges, outcomes, the marks that need no look, the position.
Status Projector::write(std::uint32_t lane, std::vector<ReadDelivery>& deliveries, ProjectedBatch& batch,
                        Touched& touched) {
  ASSIGN_OR_RETURN(const auto writer, derived_.write());
  EntityBatch entities(*writer, policy_);
  const std::uint64_t first = deliveries.front().outcome.position.sequence;
  const std::uint64_t last = deliveries.back().outcome.position.sequence;
  for (ReadDelivery& delivery : deliveries) {
    for (Observation& observation : delivery.observations) entities.add(std::move(observation));
    batch.outcomes.push_back(delivery.outcome);
  }
  writer->put_outcomes(batch.outcomes);
  RETURN_IF_ERROR(entities.write());
  if (!entities.touched().empty()) writer->set_setting(look_setting(lane), to_text({first, last}));
  writer->set_position(lane, last);

  looked_.erase(lane);
  RETURN_IF_ERROR(writer->commit());
  if (entities.touched().empty()) looked_.insert(lane);

  touched = entities.take_touched();
  batch.entities = entities.take_written();
  batch.position = last;
  return {};
}

/// The second transaction: marks for what links, walks and evidence say about the batch now.
Status Projector::look(std::uint32_t lane, const Touched& touched) {
  ASSIGN_OR_RETURN(const auto writer, derived_.write());
  ASSIGN_OR_RETURN(const Marks marks, marks_for(touched, *writer));
  marks.write(*writer);
  writer->set_setting(look_setting(lane), "");
  RETURN_IF_ERROR(writer->commit());
  looked_.insert(lane);
  return {};
}

/// A process before this one, or a failed transaction, may have left a batch without its marks. Which of its rows were
/// new is no longer known, so all are taken for new: that marks more than needed and misses nothing.
Status Projector::finish_interrupted_look(std::uint32_t lane) {
  std::string setting;
  {
    ASSIGN_OR_RETURN(const auto reader, derived_.read());
    ASSIGN_OR_RETURN(setting, reader->setting(look_setting(lane)));
  }
  if (!setting.empty()) {
    ASSIGN_OR_RETURN(RowRange range, parse_row_range(setting));
    Touched touched;
    while (range.first <= range.last) {
      ProjectorLimits limits = limits_;
      limits.rows_max = std::min<std::size_t>(limits.rows_max, range.last - range.first + 1);
      ASSIGN_OR_RETURN(const auto deliveries, read_deliveries(journal_, policy_, lane, range.first - 1, limits));
      if (deliveries.empty()) break;
      ASSIGN_OR_RETURN(const auto reader, derived_.read());
      ASSIGN_OR_RETURN(Touched some, touched_by(deliveries, *reader));
      touched.merge(std::move(some));
      range.first = deliveries.back().outcome.position.sequence + 1;
    }
    RETURN_IF_ERROR(look(lane, touched));
  }
  looked_.insert(lane);
  return {};
}

}  // namespace fairlead::engine
