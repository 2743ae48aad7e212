#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fairlead::app {

/// What one value of the configuration may be.
struct Form {
  enum class Type { kText, kBool };
  Type type = Type::kText;
  std::vector<std::string> words;  ///< Where only these are possible.
  std::string pattern;  ///< A regular expression for the JSON Schema; the setter checks more than it can say.
};

/// The shape of the configuration file, told once (`describe` in config.cc) and used twice: to read a file and to write
/// its JSON Schema. So neither can know a key that the other does not.
class Fields {
 public:
  virtual ~Fields() = default;

  /// Takes a value. Its error says what to write.
  using Set = std::function<Status(std::string_view)>;
  using Check = std::function<Status(std::string_view)>;
  using Inside = std::function<void(Fields&)>;
  using InsideNamed = std::function<void(const std::string& name, Fields&)>;

  virtual void value(std::string_view key, std::string_view about, const Form& form, const Set& set) = 0;
  /// A list that replaces what `target` holds; a single value stands for a list of one. `check` refuses an item.
  virtual void values(std::string_view key, std::string_view about, std::vector<std::string>& target,
                      const Check& check = {}) = 0;
  virtual void section(std::string_view key, std::string_view about, const Inside& inside) = 0;
  /// A list of sections; a single one stands for a list of one.
  virtual void sections(std::string_view key, std::string_view about, const Inside& inside) = 0;
  /// Sections under names that the user chooses.
  virtual void named_sections(std::string_view key, std::string_view about, const InsideNamed& inside) = 0;
  /// Something is wrong with this section as a whole.
  virtual void problem(std::string message) = 0;
};

}  // namespace fairlead::app
