#include "bench/measurements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace fairlead::bench {

namespace {

/// The chance of at most `k` heads in `n` throws of a fair coin.
double binomial_half_at_most(std::size_t k, std::size_t n) {
  double term = std::pow(0.5, static_cast<double>(n));
  double sum = term;
  for (std::size_t i = 1; i <= k; ++i) {
    term *= static_cast<double>(n - i + 1) / static_cast<double>(i);
    sum += term;
  }
  return sum;
}

std::string padded(const std::string& text, std::size_t width) {
  // Widths count characters; the only characters of more than one byte here are × ≤ ≥ µ.
  const auto characters = static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  return text + std::string(width > characters ? width - characters : 0, ' ');
}

}  // namespace

double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::nan("");
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Median median_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  if (n == 0) return {std::nan(""), std::nan(""), std::nan("")};
  // The interval between the k-th smallest and the k-th largest value misses the median only if fewer than k values
  // fall on one side of it.
  std::size_t k = 0;
  while (k + 1 < n / 2 && binomial_half_at_most(k, n) <= 0.025) ++k;
  if (k > 0) --k;
  return {quantile(values, 0.5), values[k], values[n - 1 - k]};
}

bool Goal::met() const {
  const double value = median_of(rounds).value;
  return direction == Direction::kAtLeast ? value >= limit : value <= limit;
}

bool print_goals(const std::vector<Goal>& goals) {
  bool all = true;
  fmt::print("\n{}{}{}{}{}\n", padded("what", 50), padded("against", 46), padded("median [95 %]", 30),
             padded("goal", 12), "verdict");
  for (const Goal& goal : goals) {
    const Median median = median_of(goal.rounds);
    const std::string value = fmt::format("{:.3g} {} [{:.3g}, {:.3g}] n={}", median.value, goal.unit, median.low,
                                          median.high, goal.rounds.size());
    const std::string limit =
        fmt::format("{} {:g} {}", goal.direction == Goal::Direction::kAtLeast ? "≥" : "≤", goal.limit, goal.unit);
    fmt::print("{}{}{}{}{}\n", padded(goal.what, 50), padded(goal.against, 46), padded(value, 30), padded(limit, 12),
               goal.met() ? "met" : "NOT MET");
    all = all && goal.met();
  }
  std::fflush(stdout);
  return all;
}

int rounds_wanted(int by_default) {
  const char* wanted = std::getenv("FAIRLEAD_BENCH_ROUNDS");
  return wanted ? std::max(std::atoi(wanted), 1) : by_default;
}

void print_figures(const std::string& title, const std::string& unit, const std::vector<double>& rounds) {
  const Median median = median_of(rounds);
  fmt::print("  {}{:>12.4g} {} [{:.4g}, {:.4g}]\n", padded(title, 60), median.value, unit, median.low, median.high);
  std::fflush(stdout);
}

}  // namespace fairlead::bench
