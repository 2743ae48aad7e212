#pragma once

// A journal with several lanes, as a store for replicas has them, out of memory journals with one each.

#include <map>
#include <memory>
#include <vector>

#include "base/hash.h"
#include "store/memory/memory_store.h"
#include "store/store.h"

namespace fairlead::store {

class LanedJournal final : public Journal {
 public:
  explicit LanedJournal(std::uint32_t lanes) {
    for (std::uint32_t lane = 0; lane < lanes; ++lane) lanes_.push_back(make_memory_journal());
  }

  std::uint32_t lanes() const override { return static_cast<std::uint32_t>(lanes_.size()); }

  Result<std::vector<Appended>> append(std::span<const Delivery> batch) override {
    std::vector<Appended> outcomes;
    for (const Delivery& delivery : batch) {
      const auto lane = static_cast<std::uint32_t>(checksum64(delivery.origin.text + ":" + delivery.id) % lanes());
      ASSIGN_OR_RETURN(const auto appended, lanes_[lane]->append({&delivery, 1}));
      outcomes.push_back({appended[0].outcome, {lane, appended[0].position.sequence}});
    }
    return outcomes;
  }
  Result<std::vector<JournalRow>> read(std::uint32_t lane, std::uint64_t after_sequence, std::size_t rows_max,
                                       std::size_t bytes_max) override {
    if (lane >= lanes()) return std::vector<JournalRow>();
    ASSIGN_OR_RETURN(auto rows, lanes_[lane]->read(0, after_sequence, rows_max, bytes_max));
    for (JournalRow& row : rows) row.position.lane = lane;
    return rows;
  }
  Result<std::optional<JournalRow>> row(JournalPosition position) override {
    if (position.lane >= lanes()) return std::nullopt;
    ASSIGN_OR_RETURN(auto row, lanes_[position.lane]->row({0, position.sequence}));
    if (row) row->position.lane = position.lane;
    return row;
  }
  Result<std::uint64_t> last_sequence(std::uint32_t lane) override {
    return lane < lanes() ? lanes_[lane]->last_sequence(0) : 0;
  }

  Status put_token(const TokenRow& token) override { return lanes_[0]->put_token(token); }
  Result<std::optional<TokenRow>> token(std::string_view id) override { return lanes_[0]->token(id); }
  Result<std::vector<TokenRow>> tokens() override { return lanes_[0]->tokens(); }
  Status put_user(const UserRow& user) override { return lanes_[0]->put_user(user); }
  Result<std::optional<UserRow>> user(std::string_view name) override { return lanes_[0]->user(name); }
  Result<std::vector<UserRow>> users() override { return lanes_[0]->users(); }
  Status remove_user(std::string_view name) override { return lanes_[0]->remove_user(name); }
  Status append_audit(const AuditRow& row) override { return lanes_[0]->append_audit(row); }
  Result<std::vector<AuditRow>> audit(std::size_t rows_max) override { return lanes_[0]->audit(rows_max); }
  Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
    std::uint64_t rows = 0;
    for (const auto& lane : lanes_) {
      ASSIGN_OR_RETURN(const std::uint64_t of_lane, lane->verify(progress));
      rows += of_lane;
    }
    return rows;
  }

 private:
  std::vector<std::unique_ptr<Journal>> lanes_;
};

}  // namespace fairlead::store
