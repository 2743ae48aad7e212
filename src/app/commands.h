#pragma once

namespace fairlead::app {

/// Runs one command line and returns its exit code: 0 done, 1 failed, 2 wrong usage or configuration.
int run(int argc, const char* const* argv);

}  // namespace fairlead::app
