#include "git/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "git/write_guard.h"
#include "http/descriptor.h"

namespace fairlead::git {
namespace {

using http::Descriptor;

constexpr std::uint64_t kShortAnswerBytesMax = 64u * 1024 * 1024;
constexpr std::size_t kComplaintBytesMax = 2'000;  // the end of standard error, for the message
constexpr std::uint64_t kProcessesMax = 4'096;     // of this user, as the system counts them; root is not counted
constexpr std::uint64_t kDescriptorsMax = 1'024;   // of each process; git closes packs when it needs more
constexpr int kPipeBytes = 1 << 20;                // fewer changes between git and us

/// Before each command's own arguments: what a repository's configuration could make git run, is off. Whoever reads
/// somebody else's repository must not execute what it says. Each of these has a row in child_test.cc that fails
/// without it; what could be run by a transport, GIT_ALLOW_PROTOCOL holds.
constexpr std::array kCarefulArguments = {
    "-c", "core.fsmonitor=false",   "-c", "core.hooksPath=/dev/null",   "-c", "credential.helper=",
    "-c", "gpg.program=/bin/false", "-c", "gpg.ssh.program=/bin/false", "-c", "gpg.x509.program=/bin/false",
    "-c", "safe.directory=*"};  // reads those of other users, too

/// All of it: nothing is inherited but PATH.
std::vector<std::string> careful_environment(const std::string& protocol) {
  const char* const path = std::getenv("PATH");
  return {std::string("PATH=") + (path && *path ? path : "/usr/local/bin:/usr/bin:/bin"),
          "HOME=/nonexistent",  // without one, passwords would be looked for in the user's own .netrc
          "LC_ALL=C",
          "TZ=UTC",
          "GIT_CONFIG_NOSYSTEM=1",
          "GIT_CONFIG_GLOBAL=/dev/null",
          "GIT_TERMINAL_PROMPT=0",
          "GIT_ASKPASS=/bin/false",  // goes before core.askPass
          "GIT_NO_LAZY_FETCH=1",
          "GIT_ALLOW_PROTOCOL=" + protocol,  // goes before every protocol.*.allow
          "GIT_DISCOVERY_ACROSS_FILESYSTEM=1"};
}

Result<std::string> find_git() {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path && *path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    std::string file = std::string(rest.substr(0, end)) + "/git";
    // A relative folder would make the answer depend on where we are.
    if (file.starts_with('/') && access(file.c_str(), X_OK) == 0) return file;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return fail(ErrorCode::kUnavailable, "there is no git in PATH: install it (Debian: apt-get install git)");
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::unexpected<Error> system_failure(std::string_view what) {
  return fail(ErrorCode::kIo, "git cannot be started: {} ({})", what, std::strerror(errno));
}

/// A file in memory takes any input without a second party that must keep reading.
Result<Descriptor> input_file(std::string_view input) {
  Descriptor file(memfd_create("git-input", MFD_CLOEXEC));
  if (file.get() < 0) return system_failure("no memory file");
  while (!input.empty()) {
    const ssize_t written = write(file.get(), input.data(), input.size());
    if (written <= 0) return system_failure("its input cannot be kept");
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return system_failure("its input cannot be rewound");
  return file;
}

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("no pipe");
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

void limit(__rlimit_resource resource, std::uint64_t value) {
  const rlimit both{value, value};
  setrlimit(resource, &both);
}

/// After fork: only calls that are safe there.
[[noreturn]] void become_git(const char* file, char* const* arguments, char* const* environment, int in, int out,
                             int err, const ChildLimits& limits, const WriteGuard& guard) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, limits.file_bytes_max);
  limit(RLIMIT_NPROC, kProcessesMax);
  limit(RLIMIT_NOFILE, kDescriptorsMax);
  if (limits.memory_bytes_max > 0) limit(RLIMIT_AS, limits.memory_bytes_max);
  if (!guard.apply()) _exit(127);
  if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) _exit(127);
  execve(file, arguments, environment);
  _exit(127);
}

/// A started git. Whatever is left of its process group ends with this.
class Child {
 public:
  static Result<Child> start(const Command& command) {
    ASSIGN_OR_RETURN(std::string file, find_git());
    std::vector<std::string> arguments = {"git"};
    arguments.insert(arguments.end(), kCarefulArguments.begin(), kCarefulArguments.end());
    arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> environment = careful_environment(command.protocol);
    const std::vector<char*> argument_pointers = pointers(arguments);
    const std::vector<char*> environment_pointers = pointers(environment);
    ASSIGN_OR_RETURN(const Descriptor in, input_file(command.input));
    ASSIGN_OR_RETURN(Pipe out, make_pipe());
    ASSIGN_OR_RETURN(Pipe err, make_pipe());
    fcntl(out.read_end.get(), F_SETPIPE_SZ, kPipeBytes);
    const WriteGuard guard(command.writable);
    const pid_t pid = fork();
    if (pid < 0) return system_failure("no process");
    if (pid == 0) {
      become_git(file.c_str(), argument_pointers.data(), environment_pointers.data(), in.get(), out.write_end.get(),
                 err.write_end.get(), command.limits, guard);
    }
    setpgid(pid, pid);  // as the child does: whoever comes first
    return Child(pid, std::move(out.read_end), std::move(err.read_end));
  }

  ~Child() { end(); }
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), out_(std::move(other.out_)), err_(std::move(other.err_)) {}
  Child& operator=(Child&&) = delete;

  int out() const { return out_.get(); }
  int err() const { return err_.get(); }
  void close_out() { out_.reset(); }
  void close_err() { err_.reset(); }

  /// Its exit code, or 128 + the signal that ended it.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    kill(-pid_, SIGKILL);  // what it started and left behind
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  Child(pid_t pid, Descriptor out, Descriptor err) : pid_(pid), out_(std::move(out)), err_(std::move(err)) {}

  void end() {
    if (pid_ < 0) return;
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);  // where it died before it had a group
    wait();
  }

  pid_t pid_;
  Descriptor out_;
  Descriptor err_;
};

/// Readable once a stop is asked for.
class StopEvent {
 public:
  static Result<std::unique_ptr<StopEvent>> of(const std::stop_token& stop) {
    Descriptor event(eventfd(0, EFD_CLOEXEC));
    if (event.get() < 0) return system_failure("no event");
    return std::unique_ptr<StopEvent>(new StopEvent(std::move(event), stop));
  }

  int descriptor() const { return event_.get(); }

 private:
  struct Raise {
    int event;
    void operator()() const { eventfd_write(event, 1); }
  };

  StopEvent(Descriptor event, const std::stop_token& stop)
      : event_(std::move(event)), callback_(stop, Raise{event_.get()}) {}

  Descriptor event_;
  std::stop_callback<Raise> callback_;
};

using SteadyClock = std::chrono::steady_clock;

/// Reads both outputs to their ends.
class Reading {
 public:
  Reading(Child& child, const ChildLimits& limits, const StopEvent& stop, const OutputSink& sink)
      : child_(child), limits_(limits), stop_(stop), sink_(sink), buffer_(kPipeBytes) {}

  Status run() {
    const auto deadline = SteadyClock::now() + std::chrono::milliseconds(limits_.timeout_ms);
    while (child_.out() >= 0 || child_.err() >= 0) {
      std::array<pollfd, 3> ends{pollfd{child_.out(), POLLIN, 0}, pollfd{child_.err(), POLLIN, 0},
                                 pollfd{stop_.descriptor(), POLLIN, 0}};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
      const int ready = left > 0 ? poll(ends.data(), ends.size(), static_cast<int>(left)) : 0;
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) {
        return fail(ErrorCode::kTimeout, "git took longer than {} s and was ended", limits_.timeout_ms / 1000);
      }
      if (ends[2].revents != 0) return fail(ErrorCode::kUnavailable, "git was told to stop");
      if (ends[0].revents != 0) RETURN_IF_ERROR(take_output());
      if (ends[1].revents != 0) take_complaint();
    }
    return {};
  }

  const std::string& complaint() const { return complaint_; }

 private:
  Status take_output() {
    const ssize_t size = read(child_.out(), buffer_.data(), buffer_.size());
    if (size < 0 && errno == EINTR) return {};
    if (size <= 0) {
      child_.close_out();
      return {};
    }
    taken_ += static_cast<std::uint64_t>(size);
    if (taken_ > limits_.output_bytes_max) {
      return fail(ErrorCode::kLimit, "git wrote more than {} bytes and was ended", limits_.output_bytes_max);
    }
    return sink_(std::string_view(buffer_.data(), static_cast<std::size_t>(size)));
  }

  void take_complaint() {
    std::array<char, 4096> bytes{};
    const ssize_t size = read(child_.err(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) return;
    if (size <= 0) return child_.close_err();
    complaint_.append(bytes.data(), static_cast<std::size_t>(size));
    if (complaint_.size() > kComplaintBytesMax) complaint_.erase(0, complaint_.size() - kComplaintBytesMax);
  }

  Child& child_;
  const ChildLimits& limits_;
  const StopEvent& stop_;
  const OutputSink& sink_;
  std::vector<char> buffer_;
  std::uint64_t taken_ = 0;
  std::string complaint_;
};

/// One line that a terminal shows as it is: a remote side may have written it.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

Status run_git(const Command& command, const OutputSink& sink) {
  ASSIGN_OR_RETURN(const auto stop, StopEvent::of(command.stop));
  ASSIGN_OR_RETURN(Child child, Child::start(command));
  Reading reading(child, command.limits, *stop, sink);
  RETURN_IF_ERROR(reading.run());
  const int code = child.wait();
  if (code == 0) return {};
  if (code == 128 + SIGXFSZ) {
    return fail(ErrorCode::kLimit, "git wrote a file of more than {} bytes and was ended",
                command.limits.file_bytes_max);
  }
  const std::string complaint = one_line(reading.complaint());
  return fail(ErrorCode::kIo, "git failed with {}: {}", code, complaint.empty() ? "it did not say why" : complaint);
}

Result<std::string> git_output(Command command) {
  std::string out;
  command.limits.output_bytes_max = std::min(command.limits.output_bytes_max, kShortAnswerBytesMax);
  RETURN_IF_ERROR(run_git(command, [&](std::string_view piece) -> Status {
    out.append(piece);
    return {};
  }));
  return out;
}

}  // namespace fairlead::git
