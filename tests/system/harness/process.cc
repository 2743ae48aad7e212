#include "system/harness/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace fairlead::system_test {

namespace {

constexpr unsigned long kCapDacOverride = 1;  // linux/capability.h

struct Pipe {
  int read = -1;
  int write = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    read = ends[0];
    write = ends[1];
  }
};

/// In the child, between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* arguments, char* const* environment, const ProcessOptions& options, int out,
                         int err) {
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no server outlives a test that crashed
  if (options.obey_file_modes && geteuid() == 0) prctl(PR_CAPBSET_DROP, kCapDacOverride);
  if (!options.working_directory.empty() && chdir(options.working_directory.c_str()) != 0) _exit(126);
  execvpe(arguments[0], arguments, environment);
  _exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Process::Process(std::vector<std::string> command, const ProcessOptions& options) {
  std::vector<std::string> environment = options.environment;
  for (char** entry = environ; *entry; ++entry) environment.emplace_back(*entry);
  const auto arguments = pointers(command);
  const auto variables = pointers(environment);
  Pipe out;
  Pipe err;
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(arguments.data(), variables.data(), options, out.write, err.write);
  close(out.write);
  close(err.write);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  collector_ = std::thread([this, out, err] { collect(out.read, err.read); });
}

Process::~Process() {
  if (!exit_code_) {
    signal(SIGKILL);
    wait(Milliseconds(10'000));
  }
  collector_.join();
  close(pidfd_);
}

void Process::signal(int number) const {
  if (!exit_code_) kill(pid_, number);
}

std::optional<int> Process::wait(Milliseconds timeout) {
  if (exit_code_) return exit_code_;
  pollfd ended{pidfd_, POLLIN, 0};
  if (poll(&ended, 1, static_cast<int>(timeout.count())) <= 0) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

std::string Process::out() const {
  const std::lock_guard lock(mutex_);
  return out_;
}

std::string Process::err() const {
  const std::lock_guard lock(mutex_);
  return err_;
}

bool Process::wait_for_out(const std::function<bool(const std::string&)>& found, Milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] { return ended_ || found(out_); });
  return found(out_);
}

void Process::collect(int out, int err) {
  std::array<pollfd, 2> ends = {pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  std::array<std::string*, 2> texts = {&out_, &err_};
  std::array<char, 65536> buffer;
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    if (poll(ends.data(), ends.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      const ssize_t n = read(ends[i].fd, buffer.data(), buffer.size());
      if (n <= 0) {
        close(ends[i].fd);
        ends[i].fd = -1;
        continue;
      }
      const std::lock_guard lock(mutex_);
      texts[i]->append(buffer.data(), static_cast<std::size_t>(n));
      changed_.notify_all();
    }
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::size_t Process::resident_kib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  throw std::runtime_error("no resident size of process " + std::to_string(pid_));
}

std::size_t Process::open_files() const {
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

Finished run(std::vector<std::string> command, Milliseconds timeout, const ProcessOptions& options) {
  const std::string name = command.front();
  Process process(std::move(command), options);
  const auto code = process.wait(timeout);
  if (!code) throw std::runtime_error(name + " did not end in time");
  process.wait_for_out([](const std::string&) { return false; }, timeout);  // until both outputs have ended
  return {*code, process.out(), process.err()};
}

}  // namespace fairlead::system_test
