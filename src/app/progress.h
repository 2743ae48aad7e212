#pragma once

#include <cstdint>
#include <string>

namespace fairlead::app {

/// A line on the terminal that says how far long work is. Silent where standard error is no terminal.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();  ///< Ends the line.
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool visible() const { return on_terminal_; }
  void operator()(std::uint64_t done, std::uint64_t total);

 private:
  const std::string what_;
  const bool on_terminal_;
  int shown_percent_ = -1;
};

}  // namespace fairlead::app
