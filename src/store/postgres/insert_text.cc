#include "store/postgres/insert_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::store::postgres {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t';
}

/// Reads a statement from the left. The statements are ours, so keywords are in capitals.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) { skip_spaces(); }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    if (is_word_character(token.back()) && rest_.size() > token.size() && is_word_character(rest_[token.size()])) {
      return false;
    }
    rest_.remove_prefix(token.size());
    skip_spaces();
    return true;
  }

  std::string_view word() {
    const auto end = std::ranges::find_if_not(rest_, is_word_character);
    const std::string_view word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(word.size());
    skip_spaces();
    return word;
  }

  /// `a, b, c)`, with everything up to the parenthesis in `text`; empty where it is something else.
  std::vector<std::string_view> list(std::string_view* text = nullptr) {
    std::vector<std::string_view> words;
    const std::string_view start = rest_;
    do {
      words.push_back(word());
      if (words.back().empty()) return {};
    } while (take(","));
    const std::string_view whole = start.substr(0, start.size() - rest_.size());
    if (!take(")")) return {};
    if (text != nullptr) *text = whole;
    return words;
  }

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  void skip_spaces() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

/// `$1, $2, …)`; returns how many, or 0.
std::size_t take_parameters(Scanner& scanner) {
  std::size_t count = 0;
  do {
    if (!scanner.take(fmt::format("${}", count + 1))) return 0;
    ++count;
  } while (scanner.take(","));
  return scanner.take(")") ? count : 0;
}

/// Where the words of `key` stand among `columns`; empty where one does not.
std::vector<std::size_t> places_of(const std::vector<std::string_view>& key,
                                   const std::vector<std::string_view>& columns) {
  std::vector<std::size_t> places;
  for (const std::string_view word : key) {
    const auto column = std::ranges::find(columns, word);
    if (column == columns.end()) return {};
    places.push_back(static_cast<std::size_t>(column - columns.begin()));
  }
  return places;
}

/// Whether rows may be gathered as far as the part behind VALUES says.
bool read_rest(Scanner scanner, const std::vector<std::string_view>& columns, InsertText& insert) {
  insert.rest = scanner.rest();
  if (scanner.at_end()) return true;
  if (insert.rest.find('$') != std::string_view::npos) return false;
  if (mentions(insert.rest, "RETURNING") || mentions(insert.rest, "SELECT")) return false;
  if (!scanner.take("ON") || !scanner.take("CONFLICT")) return false;
  std::vector<std::string_view> key;
  if (scanner.take("(")) {
    key = scanner.list();
    if (key.empty()) return false;
  }
  if (!scanner.take("DO")) return false;
  if (scanner.take("NOTHING")) return scanner.at_end();
  insert.key = places_of(key, columns);
  return scanner.take("UPDATE") && !insert.key.empty();
}

}  // namespace

std::optional<InsertText> insert_text(std::string_view sql) {
  Scanner scanner(sql);
  InsertText insert;
  if (!scanner.take("INSERT") || !scanner.take("INTO")) return std::nullopt;
  insert.table = scanner.word();
  if (insert.table.empty() || !scanner.take("(")) return std::nullopt;
  const std::vector<std::string_view> columns = scanner.list(&insert.columns);
  if (columns.empty() || !scanner.take("VALUES") || !scanner.take("(")) return std::nullopt;
  insert.width = take_parameters(scanner);
  if (insert.width != columns.size() || !read_rest(scanner, columns, insert)) return std::nullopt;
  return insert;
}

std::optional<std::string> insert_of_many(const InsertText& insert, const std::vector<TypeNumber>& parameters) {
  if (parameters.size() != insert.width) return std::nullopt;
  std::string sql = fmt::format("INSERT INTO {} ({}) SELECT * FROM unnest(", insert.table, insert.columns);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i] != kBigint && parameters[i] != kBytea) return std::nullopt;
    sql += fmt::format("{}${}::{}[]", i == 0 ? "" : ", ", i + 1, parameters[i] == kBigint ? "bigint" : "bytea");
  }
  sql += ") ";
  sql += insert.rest;
  return sql;
}

bool mentions(std::string_view sql, std::string_view word) {
  for (std::size_t at = sql.find(word); at != std::string_view::npos; at = sql.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_word_character(sql[at - 1]);
    const bool ends = end == sql.size() || !is_word_character(sql[end]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace fairlead::store::postgres
