#pragma once

// What a journal holds, handed from whoever has it (a journal, a backup file, a running server) to whoever wants it
// (a backup file, another journal, a count).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

namespace fairlead::store {

/// How much there is: of every lane the deliveries from 1 to its last sequence.
struct JournalExtent {
  Instant made_at;
  std::string made_by;  ///< The program's version, for people.
  std::vector<std::uint64_t> last_sequences;

  std::uint64_t deliveries() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t last : last_sequences) sum += last;
    return sum;
  }
  friend bool operator==(const JournalExtent&, const JournalExtent&) = default;
};

/// Is called in the order of its methods: the extent once; deliveries lane by lane, without gaps, in sequence order;
/// then audit rows (the oldest first), tokens and users, each in any number of pieces. The first error ends the visit.
/// A visitor passes over what it does not override.
class JournalVisitor {
 public:
  virtual ~JournalVisitor() = default;
  virtual Status extent(const JournalExtent& /*extent*/) { return {}; }
  virtual Status deliveries(std::span<const JournalRow> /*of_one_lane*/) { return {}; }
  virtual Status audit(std::span<const AuditRow> /*rows*/) { return {}; }
  virtual Status tokens(std::span<const TokenRow> /*rows*/) { return {}; }
  virtual Status users(std::span<const UserRow> /*rows*/) { return {}; }
};

/// What `journal` holds now.
Result<JournalExtent> extent_of(Journal& journal, Instant now, std::string made_by);

/// The deliveries of one lane from 1 to `last`.
Status visit_lane(Journal& journal, std::uint32_t lane, std::uint64_t last, JournalVisitor& visitor);

/// Shows `visitor` an exact prefix of every lane, as far as `extent` says, while others may append, and then the
/// tokens, users and audit rows of that moment. Memory does not grow with the number of deliveries.
Status visit_journal(Journal& journal, const JournalExtent& extent, JournalVisitor& visitor);

}  // namespace fairlead::store
