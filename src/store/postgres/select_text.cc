#include "store/postgres/select_text.h"

#include <fmt/format.h>

#include "store/postgres/insert_text.h"

namespace fairlead::store::postgres {
namespace {

/// $1 becomes given.p1, and so on.
std::string with_columns_for_parameters(std::string_view sql) {
  std::string text;
  for (const char c : sql) text += c == '$' ? std::string("given.p") : std::string(1, c);
  return text;
}

}  // namespace

std::optional<std::string> select_for_many(std::string_view sql, const std::vector<TypeNumber>& parameters) {
  if (!sql.starts_with("SELECT") || parameters.empty() || mentions(sql, "UPDATE")) return std::nullopt;
  std::string arrays, names;
  for (std::size_t i = 1; i <= parameters.size(); ++i) {
    const TypeNumber type = parameters[i - 1];
    if (type != kBigint && type != kBytea) return std::nullopt;
    arrays += fmt::format("{}${}::{}[]", i == 1 ? "" : ", ", i, type == kBigint ? "bigint" : "bytea");
    names += fmt::format("p{}, ", i);
  }
  // LATERAL makes the server take one set after the other, as a loop would.
  return fmt::format(
      "SELECT given.place, found.* FROM unnest({}) WITH ORDINALITY AS given ({}place) CROSS JOIN LATERAL ({}) AS found",
      arrays, names, with_columns_for_parameters(sql));
}

}  // namespace fairlead::store::postgres
