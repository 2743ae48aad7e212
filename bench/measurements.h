#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fairlead::bench {

/// The value below which `share` (0..1) of the sorted values lie; between two values it is interpolated.
double quantile(const std::vector<double>& sorted, double share);

/// A median and the 95 % confidence interval that order statistics give it, whatever the distribution. With fewer than
/// six values no such interval exists, and the whole range is given.
struct Median {
  double value = 0;
  double low = 0;
  double high = 0;
};
Median median_of(std::vector<double> values);

/// One line of the result: what was measured, against what, and whether the goal is met.
struct Goal {
  enum class Direction { kAtLeast, kAtMost };
  std::string what;
  std::string against;
  Direction direction;
  double limit;
  std::string unit;            ///< `×` for ratios, `ms`, `MB`, …
  std::vector<double> rounds;  ///< The measured value, once per round.

  bool met() const;
};

/// Readable by people and by `column`: one row per goal, the median decides. Returns whether all are met.
bool print_goals(const std::vector<Goal>& goals);

/// FAIRLEAD_BENCH_ROUNDS, or `by_default`: fewer rounds to try a benchmark out, more for a noisy machine.
int rounds_wanted(int by_default);

/// Figures without a goal that explain the ratios.
void print_figures(const std::string& title, const std::string& unit, const std::vector<double>& rounds);

}  // namespace fairlead::bench
