#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fairlead::app {

struct Chart {
  struct Bar {
    std::string name;
    std::optional<double> value;  ///< Unknown is no bar, which is not a bar of height 0.
  };
  std::string title;
  std::vector<Bar> bars;
};

/// A figure with an inline SVG. Each bar tells its value when it is pointed at; the title stands above.
std::string bar_chart(const Chart& chart);

}  // namespace fairlead::app
