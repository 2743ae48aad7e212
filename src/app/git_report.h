#pragma once

#include <filesystem>
#include <string>

#include "app/config.h"
#include "app/git_commands.h"
#include "base/clock.h"
#include "base/result.h"

namespace fairlead::app {

struct GitReport {
  std::filesystem::path html;
  std::string from;  ///< As users type it (base/time.h, parse_range_end). Empty: a year before `to`.
  std::string to;    ///< Empty: now, or the last release where the year before now has none.
};

/// Works out the numbers of a repository in memory and writes them as one page. No server, no data folder.
Status write_git_report(const GitSource& source, const GitReport& report, const Config& config, const Clock& clock);

}  // namespace fairlead::app
