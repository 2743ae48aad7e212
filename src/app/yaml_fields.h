#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/fields.h"

namespace fairlead::app {

/// One thing that is wrong with a file. Lines and columns count from 1.
struct FileProblem {
  int line = 1;
  int column = 1;
  std::string message;
};

/// Reads `text` as YAML into whatever `inside` names. Returns everything that is wrong, in the order of the file: keys
/// that nobody asked for, wrong types, values that a setter refused.
std::vector<FileProblem> read_yaml(const std::string& text, const Fields::Inside& inside);

}  // namespace fairlead::app
