#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "api/imports.h"

namespace fairlead::api {

/// Imports that never do anything: what the test says is what there is.
class FakeImports final : public Imports {
 public:
  Result<Started> start(const std::string& url) override {
    if (refusal) return std::unexpected(*refusal);
    for (const Import& import : imports) {
      if (import.url == url && !import.ended()) return Started{import, false};
    }
    Import import;
    import.id = "i" + std::to_string(imports.size());
    import.url = url;
    imports.insert(imports.begin(), import);
    return Started{import, true};
  }
  std::vector<Import> list() const override { return imports; }
  Result<Import> find(const std::string& id) const override {
    const auto found = std::ranges::find(imports, id, &Import::id);
    if (found == imports.end()) return fail(ErrorCode::kNotFound, "there is no import with the id '{}'", id);
    return *found;
  }
  Result<Import> cancel(const std::string& id) override {
    const auto found = std::ranges::find(imports, id, &Import::id);
    if (found == imports.end()) return fail(ErrorCode::kNotFound, "there is no import with the id '{}'", id);
    found->state = ImportState::kCancelled;
    return *found;
  }

  std::vector<Import> imports;
  std::optional<Error> refusal;  ///< Of every start.
};

}  // namespace fairlead::api
