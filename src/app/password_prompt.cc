#include "app/password_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace fairlead::app {
namespace {

/// Keeps what is typed off the screen.
class HiddenTyping {
 public:
  HiddenTyping() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenTyping() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

Result<std::string> read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) return fail(ErrorCode::kInvalid, "no password was given on standard input");
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

Result<std::string> ask(const std::string& prompt) {
  std::fputs(prompt.c_str(), stderr);
  auto line = read_line();
  std::fputc('\n', stderr);
  return line;
}

}  // namespace

Result<std::string> ask_new_password(const std::string& user) {
  if (isatty(STDIN_FILENO) != 1) return read_line();
  const HiddenTyping hidden;
  ASSIGN_OR_RETURN(std::string password, ask(fmt::format("new password of {}: ", user)));
  ASSIGN_OR_RETURN(const std::string again, ask("once more: "));
  if (password != again) return fail(ErrorCode::kInvalid, "the two passwords differ: try again");
  return password;
}

}  // namespace fairlead::app
