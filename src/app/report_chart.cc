#include "app/report_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "app/report_page.h"

namespace fairlead::app {
namespace {

constexpr double kWidth = 480;
constexpr double kHeight = 170;
constexpr double kLeft = 34;
constexpr double kTop = 14;
constexpr double kBottom = 148;
constexpr std::size_t kLabelsMax = 6;
constexpr double kLabelWidth = 46;

/// 1, 2 or 5 times a power of ten, at least `value`.
double round_up(double value) {
  if (value <= 2) return 2;  // halves are whole numbers
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

void append_axis(std::string& out, double top) {
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = kBottom - share * (kBottom - kTop);
    fmt::format_to(std::back_inserter(out),
                   "<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                   "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:g}</text>",
                   kLeft, kWidth, y, y, kLeft - 4, y + 4, top * share);
  }
}

}  // namespace

std::string bar_chart(const Chart& chart) {
  double greatest = 0;
  for (const Chart::Bar& bar : chart.bars) greatest = std::max(greatest, bar.value.value_or(0));
  const double top = round_up(greatest);
  const auto count = std::max<std::size_t>(chart.bars.size(), 1);
  const double step = (kWidth - kLeft) / static_cast<double>(count);
  const std::size_t label_every = (count + kLabelsMax - 1) / kLabelsMax;
  std::string out =
      fmt::format("<figure><figcaption>{0}</figcaption><svg viewBox=\"0 0 {1} {2}\" role=\"img\" aria-label=\"{0}\">",
                  html_text(chart.title), kWidth, kHeight);
  append_axis(out, top);
  for (std::size_t i = 0; i < chart.bars.size(); ++i) {
    const Chart::Bar& bar = chart.bars[i];
    const double x = kLeft + step * static_cast<double>(i);
    if (bar.value) {
      const double height = *bar.value / top * (kBottom - kTop);
      fmt::format_to(std::back_inserter(out),
                     "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{}: "
                     "{:.4g}</title></rect>",
                     x + step * 0.1, kBottom - height, step * 0.8, height, html_text(bar.name), *bar.value);
    }
    if (i % label_every == 0 && x + kLabelWidth <= kWidth) {
      fmt::format_to(std::back_inserter(out), "<text x=\"{:.1f}\" y=\"{}\">{}</text>", x, kHeight - 6,
                     html_text(bar.name));
    }
  }
  return out + "</svg></figure>\n";
}

}  // namespace fairlead::app
