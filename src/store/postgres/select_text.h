#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/binary_values.h"

namespace fairlead::store::postgres {

/// One statement that answers `sql`, a SELECT, for many sets of parameters at once: these come as arrays, $1 with the
/// first of all sets. The answer's first column is the number of the set, from 1; the rows of one set come in the
/// statement's own order. Nothing where the text is no plain SELECT or a parameter is neither BIGINT nor BYTEA.
std::optional<std::string> select_for_many(std::string_view sql, const std::vector<TypeNumber>& parameters);

}  // namespace fairlead::store::postgres
