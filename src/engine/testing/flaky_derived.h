#pragma once

#include <atomic>
#include <memory>

#include "store/memory/memory_store.h"
#include "store/store.h"

namespace fairlead::engine::testing {

/// A store that refuses every write while a test says so, as a full disk does.
class FlakyDerived final : public store::Derived {
 public:
  explicit FlakyDerived(std::shared_ptr<std::atomic<bool>> refuses) : refuses_(std::move(refuses)) {}
  FlakyDerived(std::shared_ptr<std::atomic<bool>> refuses, store::Derived& inner)
      : refuses_(std::move(refuses)), inner_(inner) {}

  Result<std::unique_ptr<store::DerivedReader>> read() override { return inner_.read(); }
  Result<std::unique_ptr<store::DerivedWriter>> write() override {
    if (*refuses_) return fail(ErrorCode::kIo, "no space left");
    return inner_.write();
  }

 private:
  std::shared_ptr<std::atomic<bool>> refuses_;
  std::unique_ptr<store::Derived> memory_ = store::make_memory_derived();
  store::Derived& inner_ = *memory_;
};

}  // namespace fairlead::engine::testing
