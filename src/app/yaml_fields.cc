#include "app/yaml_fields.h"

#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <numeric>
#include <optional>

namespace fairlead::app {
namespace {

using Problems = std::vector<FileProblem>;

void add_problem(Problems& problems, const YAML::Mark& mark, std::string message) {
  problems.push_back({std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1, std::move(message)});
}

std::string_view type_name(const YAML::Node& node) {
  if (node.IsMap()) return "a section";
  if (node.IsSequence()) return "a list";
  return node.IsNull() ? "nothing" : "a value";
}

/// Levenshtein's distance: how many letters to change, add or leave out.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, change});
    }
  }
  return row.back();
}

/// The known key that was most likely meant: at most two letters away, and nearer than any other.
std::optional<std::string> likely_key(std::string_view written, const std::vector<std::string>& known) {
  constexpr std::size_t kTypingErrorsMax = 2;
  if (written.size() > 64) return std::nullopt;
  const auto nearest =
      std::ranges::min_element(known, {}, [&](const auto& key) { return edit_distance(written, key); });
  if (nearest == known.end() || edit_distance(written, *nearest) > kTypingErrorsMax) return std::nullopt;
  return *nearest;
}

class YamlFields final : public Fields {
 public:
  /// `map` is a map or null, which is an empty one.
  YamlFields(const YAML::Node& map, const YAML::Mark& mark, Problems& problems) : mark_(mark), problems_(&problems) {
    if (!map.IsMap()) return;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        add_problem(problems, entry.first.Mark(), "a key must be a word");
        continue;
      }
      const std::string key = entry.first.Scalar();
      if (find(key)) add_problem(problems, entry.first.Mark(), fmt::format("'{}' stands here twice", key));
      entries_.push_back({key, entry.first.Mark(), entry.second});
    }
  }

  void value(std::string_view key, std::string_view, const Form& form, const Set& set) override {
    if (const Entry* entry = take(key)) set_value(*entry, entry->value, form, set);
  }

  void values(std::string_view key, std::string_view, std::vector<std::string>& target, const Check& check) override {
    const Entry* entry = take(key);
    if (!entry) return;
    target.clear();
    for (const YAML::Node& item : items(entry->value)) {
      set_value(*entry, item, Form{}, [&](std::string_view text) -> Status {
        if (text.empty()) return fail(ErrorCode::kInvalid, "an empty text stands in the list: leave it out");
        if (check) RETURN_IF_ERROR(check(text));
        target.emplace_back(text);
        return {};
      });
    }
  }

  void section(std::string_view key, std::string_view, const Inside& inside) override {
    if (const Entry* entry = take(key)) read_section(*entry, entry->value, entry->mark, inside);
  }

  void sections(std::string_view key, std::string_view, const Inside& inside) override {
    const Entry* entry = take(key);
    if (!entry) return;
    for (const YAML::Node& item : items(entry->value)) read_section(*entry, item, item.Mark(), inside);
  }

  void named_sections(std::string_view key, std::string_view, const InsideNamed& inside) override {
    const Entry* entry = take(key);
    if (!entry) return;
    read_section(*entry, entry->value, entry->mark, [&](Fields& fields) {
      auto& map = static_cast<YamlFields&>(fields);
      for (const Entry& named : map.entries_) {
        map.known_.push_back(named.key);
        map.read_section(named, named.value, named.mark, [&](Fields& one) { inside(named.key, one); });
      }
    });
  }

  void problem(std::string message) override { add_problem(*problems_, mark_, std::move(message)); }

  /// After everything was asked for: what is left is unknown.
  void report_unknown_keys() const {
    for (const Entry& entry : entries_) {
      if (std::ranges::find(known_, entry.key) != known_.end()) continue;
      const auto meant = likely_key(entry.key, known_);
      add_problem(*problems_, entry.mark,
                  meant ? fmt::format("'{}' is no setting here: did you mean '{}'?", entry.key, *meant)
                        : fmt::format("'{}' is no setting here: write one of {}", entry.key, fmt::join(known_, ", ")));
    }
  }

 private:
  struct Entry {
    std::string key;
    YAML::Mark mark;
    YAML::Node value;
  };

  const Entry* find(std::string_view key) const {
    const auto found = std::ranges::find(entries_, key, &Entry::key);
    return found == entries_.end() ? nullptr : &*found;
  }

  const Entry* take(std::string_view key) {
    known_.emplace_back(key);
    return find(key);
  }

  static std::vector<YAML::Node> items(const YAML::Node& value) {
    if (value.IsSequence()) return {value.begin(), value.end()};
    if (value.IsNull()) return {};
    return {value};
  }

  void set_value(const Entry& entry, const YAML::Node& value, const Form& form, const Set& set) {
    const YAML::Mark& mark = value.IsNull() ? entry.mark : value.Mark();
    if (!value.IsScalar()) {
      return add_problem(*problems_, mark,
                         fmt::format("{} stands at '{}': write {}", type_name(value), entry.key, wanted(form)));
    }
    const std::string& text = value.Scalar();
    const bool possible = form.words.empty() || std::ranges::find(form.words, text) != form.words.end();
    if (!possible) {
      return add_problem(*problems_, mark,
                         fmt::format("'{}' is not possible for '{}': write {}", text, entry.key, wanted(form)));
    }
    if (const Status status = set(text); !status) {
      add_problem(*problems_, mark, fmt::format("{}: {}", entry.key, status.error().message));
    }
  }

  static std::string wanted(const Form& form) {
    if (!form.words.empty()) return fmt::format("one of {}", fmt::join(form.words, ", "));
    return "a text";
  }

  void read_section(const Entry& entry, const YAML::Node& value, const YAML::Mark& mark, const Inside& inside) {
    if (!value.IsMap() && !value.IsNull()) {
      return add_problem(*problems_, value.Mark(),
                         fmt::format("{} stands at '{}': write settings as 'key: value', indented below it",
                                     type_name(value), entry.key));
    }
    YamlFields fields(value, mark, *problems_);
    inside(fields);
    fields.report_unknown_keys();
  }

  std::vector<Entry> entries_;
  std::vector<std::string> known_;
  YAML::Mark mark_;
  Problems* problems_;
};

void read_document(const std::string& text, const Fields::Inside& inside, Problems& problems) {
  const std::vector<YAML::Node> documents = YAML::LoadAll(text);
  if (documents.empty()) {
    YamlFields nothing{YAML::Node(), YAML::Mark(), problems};
    return inside(nothing);
  }
  if (documents.size() > 1) {
    return add_problem(problems, documents[1].Mark(), "a second document begins: keep one, without '---' between");
  }
  const YAML::Node& root = documents.front();
  if (!root.IsMap() && !root.IsNull()) {
    return add_problem(problems, root.Mark(), "the file must hold settings, written as 'key: value'");
  }
  YamlFields fields(root, root.Mark(), problems);
  inside(fields);
  fields.report_unknown_keys();
}

}  // namespace

std::vector<FileProblem> read_yaml(const std::string& text, const Fields::Inside& inside) {
  Problems problems;
  try {
    read_document(text, inside, problems);
  } catch (const YAML::Exception& error) {
    add_problem(problems, error.mark, fmt::format("this is no YAML: {}", error.msg));
  }
  std::ranges::stable_sort(problems, {}, [](const FileProblem& p) { return std::pair(p.line, p.column); });
  return problems;
}

}  // namespace fairlead::app
