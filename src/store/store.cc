#include "store/store.h"

#include <utility>

#include "store/fleet.h"

namespace fairlead::store {

Result<std::vector<std::uint64_t>> Journal::last_sequences() {
  std::vector<std::uint64_t> sequences;
  for (std::uint32_t lane = 0; lane < lanes(); ++lane) {
    ASSIGN_OR_RETURN(const std::uint64_t last, last_sequence(lane));
    sequences.push_back(last);
  }
  return sequences;
}

Stores::Stores() = default;
Stores::Stores(std::unique_ptr<Journal> its_journal, std::unique_ptr<Derived> its_derived)
    : Stores(std::move(its_journal), std::move(its_derived), nullptr) {}
Stores::Stores(std::unique_ptr<Journal> its_journal, std::unique_ptr<Derived> its_derived,
               std::unique_ptr<Fleet> its_fleet)
    : journal(std::move(its_journal)), derived(std::move(its_derived)), fleet(std::move(its_fleet)) {}
Stores::Stores(Stores&&) noexcept = default;
Stores& Stores::operator=(Stores&&) noexcept = default;
Stores::~Stores() = default;

}  // namespace fairlead::store
