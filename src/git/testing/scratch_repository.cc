#include "git/testing/scratch_repository.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "base/check.h"

namespace fairlead::git::testing {

ScratchRepository::ScratchRepository() {
  std::string name = (std::filesystem::temp_directory_path() / "fairlead-git-XXXXXX").string();
  CHECK(mkdtemp(name.data()) != nullptr);
  path_ = name;
  git({"init", "-q"});
  git({"hash-object", "-w", "-t", "tree", "/dev/null"});
}

ScratchRepository::~ScratchRepository() {
  std::error_code ignored;  // a folder that stays behind is no failure of a test
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchRepository::git(const std::vector<std::string>& arguments, std::int64_t at) const {
  return must(run(arguments, {}, at, at));
}

int ScratchRepository::try_git(const std::vector<std::string>& arguments, const std::string& input) const {
  return run(arguments, input, kAnyTime, kAnyTime).code;
}

ScratchRepository::Finished ScratchRepository::run(const std::vector<std::string>& arguments, const std::string& input,
                                                   std::int64_t at, std::int64_t authored_at) const {
  std::vector<std::string> all = {"git", "-C", path_.string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& argument : all) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  CHECK(pipe(in.data()) == 0 && pipe(out.data()) == 0);
  CHECK(input.size() <= PIPE_BUF);  // fits the pipe before anybody reads
  CHECK(write(in[1], input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  close(in[1]);
  const std::string committed = fmt::format("{} +0000", at);
  const std::string authored = fmt::format("{} +0000", authored_at);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    for (const char* const name : {"GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"}) setenv(name, "Ada", 1);
    for (const char* const name : {"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"}) setenv(name, "ada@example.org", 1);
    setenv("GIT_COMMITTER_DATE", committed.c_str(), 1);
    setenv("GIT_AUTHOR_DATE", authored.c_str(), 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_TERMINAL_PROMPT", "0", 1);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    for (const int end : {in[0], out[0], out[1]}) close(end);
    execvp("git", pointers.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  Finished finished;
  std::array<char, 4096> bytes{};
  for (ssize_t size = 0; (size = read(out[0], bytes.data(), bytes.size())) > 0;) {
    finished.out.append(bytes.data(), static_cast<std::size_t>(size));
  }
  close(out[0]);
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status));
  finished.code = WEXITSTATUS(status);
  return finished;
}

std::string ScratchRepository::commit(const std::vector<std::string>& parents, const std::string& message,
                                      std::int64_t at, std::optional<std::int64_t> authored_at) const {
  std::vector<std::string> arguments = {"commit-tree", "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "-m", message};
  for (const std::string& parent : parents) arguments.insert(arguments.end(), {"-p", parent});
  return must(run(arguments, {}, at, authored_at.value_or(at)));
}

std::string ScratchRepository::must(Finished finished) {
  CHECK(finished.code == 0);
  while (finished.out.ends_with('\n')) finished.out.pop_back();
  return std::move(finished.out);
}

}  // namespace fairlead::git::testing
