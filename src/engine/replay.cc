#include "engine/replay.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "engine/link/linker.h"
#include "engine/project/policy_change.h"
#include "engine/project/projector.h"

namespace fairlead::engine {

namespace {

constexpr int kLinkBudgetMs = 1'000;
constexpr std::size_t kOutcomesPerPage = 1'000;

/// Rows of all lanes: what the journal holds, and what is projected.
Result<std::uint64_t> rows_in(store::Journal& journal) {
  std::uint64_t rows = 0;
  for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
    ASSIGN_OR_RETURN(const std::uint64_t last, journal.last_sequence(lane));
    rows += last;
  }
  return rows;
}

/// Walks through the lines of one state while the other one's checksums are at hand, so that two states of any size
/// are compared with eight bytes per line and no second thread.
class LineComparison {
 public:
  explicit LineComparison(std::vector<std::uint64_t> left) : left_(std::move(left)) {}

  void right_line(std::string_view line) {
    if (difference_) return;
    if (next_ >= left_.size() || left_[next_] != checksum64(line)) {
      difference_ = Difference{next_ + 1, std::nullopt, std::string(line)};
    }
    ++next_;
  }

  /// Without the left line, which is read again when it is wanted.
  std::optional<Difference> end() {
    if (!difference_ && next_ < left_.size()) difference_ = Difference{next_ + 1, std::nullopt, std::nullopt};
    return std::move(difference_);
  }

 private:
  std::vector<std::uint64_t> left_;
  std::size_t next_ = 0;
  std::optional<Difference> difference_;
};

using LineSink = std::function<void(std::string_view)>;

/// A state as lines: the dump, or what became of each delivery.
using LineSource = std::function<Status(const LineSink&)>;

Result<std::optional<Difference>> compare(const LineSource& left, const LineSource& right) {
  std::vector<std::uint64_t> checksums;
  RETURN_IF_ERROR(left([&](std::string_view line) { checksums.push_back(checksum64(line)); }));
  LineComparison comparison(std::move(checksums));
  RETURN_IF_ERROR(right([&](std::string_view line) { comparison.right_line(line); }));
  std::optional<Difference> difference = comparison.end();
  if (difference) {
    std::uint64_t number = 0;
    RETURN_IF_ERROR(left([&](std::string_view line) {
      if (++number == difference->line) difference->left = std::string(line);
    }));
  }
  return difference;
}

LineSource dump_lines(store::DerivedReader& reader) {
  return [&reader](const LineSink& sink) { return reader.dump(sink); };
}

/// Outcomes are no part of the dump, because another order of arrival gives other positions; a rebuild gives the same.
LineSource outcome_lines(store::DerivedReader& reader) {
  return [&reader](const LineSink& sink) -> Status {
    std::optional<JournalPosition> before;
    while (true) {
      ASSIGN_OR_RETURN(const auto outcomes, reader.outcomes(before, kOutcomesPerPage));
      if (outcomes.empty()) return {};
      for (const store::DeliveryOutcome& outcome : outcomes) {
        sink(fmt::format("outcome lane {} sequence {} source {} {} observations {} {}", outcome.position.lane,
                         outcome.position.sequence, outcome.source.text, to_string(outcome.outcome),
                         outcome.observations, outcome.reason));
      }
      before = outcomes.back().position;
    }
  };
}

}  // namespace

Status project_all(store::Journal& journal, store::Derived& derived, const Policy& policy,
                   const ReplayProgress& progress) {
  {
    ASSIGN_OR_RETURN(const auto reader, derived.read());
    RETURN_IF_ERROR(check_interpretation(*reader, policy));
  }
  RETURN_IF_ERROR(PolicyAdoption(policy).adopt(derived));
  ASSIGN_OR_RETURN(const std::uint64_t total, rows_in(journal));
  Projector projector(journal, derived, policy);
  std::uint64_t done = 0;
  for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
    while (true) {
      ASSIGN_OR_RETURN(const ProjectedBatch batch, projector.step(lane));
      if (progress) progress(std::min(done + batch.position, total), total);
      if (!batch.outcomes.empty()) continue;
      done += batch.position;
      break;
    }
  }
  // Only now: every service is linked once, with all of its deliveries.
  Linker linker(derived, policy);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, linker.run(kLinkBudgetMs));
    if (!more) return {};
    if (progress) progress(done, total);
  }
}

Result<std::string> dump_hash(store::DerivedReader& reader, const std::function<void(std::string_view)>& sink) {
  Sha256Stream hash;
  RETURN_IF_ERROR(reader.dump([&](std::string_view line) {
    hash.update(line);
    hash.update("\n");
    if (sink) sink(line);
  }));
  return to_hex(bytes_of(hash.finish()));
}

Result<std::optional<Difference>> first_difference(store::DerivedReader& left, store::DerivedReader& right) {
  return compare(dump_lines(left), dump_lines(right));
}

Result<Verification> verify_derived(store::Journal& journal, store::Derived& stored, store::Derived& scratch,
                                    const Policy& policy, const ReplayProgress& progress) {
  RETURN_IF_ERROR(project_all(journal, stored, policy, {}));
  RETURN_IF_ERROR(project_all(journal, scratch, policy, progress));
  Verification verification;
  ASSIGN_OR_RETURN(verification.deliveries, rows_in(journal));
  ASSIGN_OR_RETURN(const auto stored_reader, stored.read());
  ASSIGN_OR_RETURN(const auto scratch_reader, scratch.read());
  ASSIGN_OR_RETURN(verification.stored_hash, dump_hash(*stored_reader, {}));
  ASSIGN_OR_RETURN(verification.rebuilt_hash, dump_hash(*scratch_reader, {}));
  ASSIGN_OR_RETURN(verification.difference, first_difference(*stored_reader, *scratch_reader));
  if (!verification.difference) {
    ASSIGN_OR_RETURN(verification.difference, compare(outcome_lines(*stored_reader), outcome_lines(*scratch_reader)));
  }
  return verification;
}

}  // namespace fairlead::engine
