#pragma once

#include "app/command_line.h"

namespace fairlead::app {

// What is kept as a whole: shown, checked, built anew, saved, moved.

Outcome run_export(const CommandLine& line);
Outcome run_verify(const CommandLine& line);
Outcome run_replay(const CommandLine& line);
Outcome run_backup(const CommandLine& line);
Outcome run_restore(const CommandLine& line);
Outcome run_doctor(const CommandLine& line);
Outcome run_migrate(const CommandLine& line);

}  // namespace fairlead::app
