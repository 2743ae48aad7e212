#include "app/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace fairlead::app {

Progress::Progress(std::string what) : what_(std::move(what)), on_terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_percent_ >= 0) std::fputc('\n', stderr);
}

void Progress::operator()(std::uint64_t done, std::uint64_t total) {
  if (!on_terminal_ || total == 0) return;
  const int percent = static_cast<int>(std::min(done, total) * 100 / total);
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  std::fprintf(stderr, "\r%s %3d %% (%lu of %lu)", what_.c_str(), percent, static_cast<unsigned long>(done),
               static_cast<unsigned long>(total));
  std::fflush(stderr);
}

}  // namespace fairlead::app
