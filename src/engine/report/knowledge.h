#pragma once

#include <map>
#include <optional>
#include <span>

#include "model/report.h"
#include "store/store.h"

namespace fairlead::engine {

/// Since when the services of a question show each kind of data (invariant I6: unknown is never zero).
class Knowledge {
 public:
  static Result<Knowledge> of(store::DerivedReader& reader, const ReportQuery& query);

  /// Since when any of `kinds` is known for any of the services; nothing: for none of them.
  std::optional<Instant> since(std::span<const DataKind> kinds) const;

 private:
  std::map<DataKind, Instant> since_;
};

}  // namespace fairlead::engine
