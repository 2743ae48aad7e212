// What the linker is about to read and replace, read together and remembered for the transaction: nobody else writes
// meanwhile, so what is remembered and kept up with our own writes is what is stored.

#include "store/sql/derived_writer.h"

namespace fairlead::store::sql {
namespace {

/// Past this the memory starts anew.
constexpr std::size_t kExpectedMax = 1'024;

/// The rows that `rows` holds for `key`, read where they are not known.
template <class Row, class Read>
Result<std::vector<Row>> known_or_read(std::optional<std::vector<Row>>& rows, const Read& read) {
  if (!rows) {
    ASSIGN_OR_RETURN(rows, read());
  }
  return *rows;
}

}  // namespace

ExpectedRows& Writer::expected(const EntityKey& owner) {
  if (expected_.size() >= kExpectedMax && !expected_.contains(owner)) expected_.clear();
  return expected_[owner];
}

void Writer::forget_reads() {
  expected_.clear();
  entities_read_.clear();
  mentions_read_.clear();
  shippers_read_.clear();
}

void Writer::expect(std::span<const EntityKey> deployments) {
  if (!remote()) return;
  forget_reads();
  // A failure shows in the transaction's status; then nothing is remembered and nothing will be committed.
  auto streams = streams_of_each(deployments);
  auto shipped = shipped_by_each(deployments);
  auto missing = missing_of_each(deployments);
  auto evidence_on = evidence_on_each(deployments);
  auto evidence_by = evidence_by_each(deployments);
  auto facts = facts_of_each(deployments);
  if (!streams || !shipped || !missing || !evidence_on || !evidence_by || !facts) return;
  const std::vector<std::int64_t> numbers = numbers_of(deployments);
  for (std::size_t i = 0; i < deployments.size(); ++i) {
    expected_[deployments[i]] = {numbers[i],
                                 std::move((*streams)[i]),
                                 std::move((*shipped)[i]),
                                 std::move((*missing)[i]),
                                 std::move((*evidence_on)[i]),
                                 std::move((*evidence_by)[i]),
                                 std::move((*facts)[i])};
  }
}

Result<std::optional<EntityRow>> Writer::entity(const EntityKey& key) {
  if (!remote()) return View::entity(key);
  ASSIGN_OR_RETURN(auto found, entities_of({&key, 1}));
  return std::move(found.front());
}

Result<std::vector<std::optional<EntityRow>>> Writer::entities_of(std::span<const EntityKey> keys) {
  if (!remote()) return View::entities_of(keys);
  return entities_read_.rows(keys, [&](std::span<const EntityKey> unknown) { return View::entities_of(unknown); });
}

Result<std::vector<std::vector<EntityRow>>> Writer::mentioning_each(std::span<const Mention> terms, EntityKind kind) {
  if (!remote()) return View::mentioning_each(terms, kind);
  return mentions_read_[kind].rows(
      terms, [&](std::span<const Mention> unknown) { return View::mentioning_each(unknown, kind); });
}

Result<std::vector<std::vector<Shipped>>> Writer::shippers_each(std::span<const CommitRef> commits) {
  if (!remote()) return View::shippers_each(commits);
  return shippers_read_.rows(commits, [&](std::span<const CommitRef> unknown) { return View::shippers_each(unknown); });
}

Result<std::vector<StreamDeployment>> Writer::streams_of(const EntityKey& deployment) {
  return known_or_read(expected(deployment).streams, [&] { return View::streams_of(deployment); });
}

Result<std::vector<Shipped>> Writer::shipped_by(const EntityKey& deployment) {
  return known_or_read(expected(deployment).shipped, [&] { return View::shipped_by(deployment); });
}

Result<std::vector<Missing>> Writer::missing_of(const EntityKey& deployment) {
  return known_or_read(expected(deployment).missing, [&] { return View::missing_of(deployment); });
}

Result<std::vector<Evidence>> Writer::evidence_on(const EntityKey& deployment) {
  return known_or_read(expected(deployment).evidence_on, [&] { return View::evidence_on(deployment); });
}

Result<std::vector<Evidence>> Writer::evidence_by(const EntityKey& giver) {
  return known_or_read(expected(giver).evidence_by, [&] { return View::evidence_by(giver); });
}

Result<std::vector<Fact>> Writer::facts_of(const EntityKey& owner) {
  return known_or_read(expected(owner).facts, [&] { return View::facts_of(owner); });
}

}  // namespace fairlead::store::sql
