#include "git/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "git/repository.h"
#include "git/testing/scratch_repository.h"
#include "git/write_guard.h"

namespace fairlead::git {
namespace {

using testing::ScratchRepository;

/// Something that a repository's configuration makes git run. In all texts `TRAP` stands for a program that leaves a
/// trace, `FOLDER` for the repository and `SIGNED` for a commit with a signature.
struct Trap {
  const char* name;
  std::vector<std::pair<std::string, std::string>> configuration;
  std::vector<std::string> command;
  std::string input = {};
  std::string protocol = "none";            ///< That the command may speak.
  std::string signature = "PGP SIGNATURE";  ///< Its kind.
};

void PrintTo(const Trap& trap, std::ostream* out) {
  *out << trap.name;
}

const std::string kMissing(40, '7');
const std::string kQuestion = "protocol=https\nhost=project.example\n\n";

const std::vector<Trap> kTraps = {
    {"a_file_system_monitor", {{"core.fsmonitor", "TRAP"}}, {"status"}},
    {"a_hook", {}, {"hook", "run", "pre-commit"}},
    {"a_hook_elsewhere", {{"core.hooksPath", "FOLDER/.git/elsewhere"}}, {"hook", "run", "pre-push"}},
    {"a_credential_helper", {{"credential.helper", "TRAP"}}, {"credential", "fill"}, kQuestion},
    {"a_helper_of_one_host",
     {{"credential.https://project.example.helper", "TRAP"}},
     {"credential", "fill"},
     kQuestion},
    {"a_program_that_asks", {{"core.askPass", "TRAP"}}, {"credential", "fill"}, kQuestion},
    {"a_transport", {{"protocol.ext.allow", "always"}}, {"ls-remote", "ext::TRAP"}},
    {"a_remote_with_a_transport",
     {{"protocol.allow", "always"}, {"remote.origin.url", "ext::TRAP"}},
     {"fetch", "origin"}},
    {"a_secure_shell", {{"core.sshCommand", "TRAP"}}, {"ls-remote", "ssh://project.example/a"}},
    // Its protocol is one that the command may speak: it is not even tried.
    {"a_fetch_of_what_is_missing",
     {{"core.repositoryFormatVersion", "1"},
      {"extensions.partialClone", "origin"},
      {"remote.origin.promisor", "true"},
      {"remote.origin.url", "ext::TRAP"},
      {"protocol.ext.allow", "always"}},
     {"cat-file", "-p", kMissing},
     {},
     "ext"},
    {"a_check_of_signatures", {{"gpg.program", "TRAP"}, {"log.showSignature", "true"}}, {"log", "-1", "SIGNED"}},
    {"a_check_of_signatures_by_certificates",
     {{"gpg.x509.program", "TRAP"}, {"log.showSignature", "true"}},
     {"log", "-1", "SIGNED"},
     {},
     "none",
     "SIGNED MESSAGE"},
    {"a_check_of_signatures_by_ssh",
     {{"gpg.ssh.program", "TRAP"}, {"gpg.ssh.allowedSignersFile", "TRAP"}, {"log.showSignature", "true"}},
     {"log", "-1", "SIGNED"},
     {},
     "none",
     "SSH SIGNATURE"},
};

class SomebodyElses : public ::testing::TestWithParam<Trap> {
 protected:
  SomebodyElses() {
    std::ofstream(trap_) << "#!/bin/sh\ntouch '" << sprung_.string() << "'\n";
    chmod(trap_.c_str(), 0755);
    for (const char* const hook : {"hooks/pre-commit", "elsewhere/pre-push"}) {
      std::filesystem::create_directories((scratch_.path() / ".git" / hook).parent_path());
      std::filesystem::copy_file(trap_, scratch_.path() / ".git" / hook);
    }
    scratch_.git({"update-ref", "refs/heads/master", scratch_.commit({}, "one")});
    std::ofstream(scratch_.path() / "signed")
        << "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a> 1700000000 +0000\n"
        << "committer A <a> 1700000000 +0000\ngpgsig -----BEGIN " << GetParam().signature << "-----\n \n x\n -----END "
        << GetParam().signature << "-----\n\nsigned\n";
    signed_ = scratch_.git({"hash-object", "-w", "-t", "commit", "signed"});
    for (const auto& [key, value] : GetParam().configuration) scratch_.git({"config", key, filled(value)});
  }

  std::string filled(std::string text) const {
    for (const auto& [word, value] : {std::pair<std::string_view, std::string>{"TRAP", trap_.string()},
                                      {"FOLDER", scratch_.path().string()},
                                      {"SIGNED", signed_}}) {
      if (const auto at = text.find(word); at != text.npos) text.replace(at, word.size(), value);
    }
    return text;
  }
  std::vector<std::string> command() const {
    std::vector<std::string> out;
    for (const std::string& argument : GetParam().command) out.push_back(filled(argument));
    return out;
  }
  /// Whether the trap's program ran since the last time.
  bool sprung() const { return std::filesystem::remove(sprung_); }

  const ScratchRepository scratch_;
  const std::filesystem::path trap_ = scratch_.path() / ".git" / "trap";
  const std::filesystem::path sprung_ = scratch_.path() / ".git" / "sprung";
  std::string signed_;
};

// Reading somebody else's repository must not run what its configuration names.
TEST_P(SomebodyElses, configuration_runs_nothing) {
  scratch_.try_git(command(), GetParam().input);
  ASSERT_TRUE(sprung()) << "this does not catch plain git, so it shows nothing";
  Command careful{command(), GetParam().input, {}, GetParam().protocol};
  careful.arguments.insert(careful.arguments.begin(), {"-C", scratch_.path().string()});
  // As for a fetch: that it may not write is not what protects it.
  careful.limits.file_bytes_max = 1'000'000;
  careful.writable = scratch_.path();
  (void)git_output(careful);  // whether it fails does not matter
  EXPECT_FALSE(sprung());
}

INSTANTIATE_TEST_SUITE_P(Traps, SomebodyElses, ::testing::ValuesIn(kTraps),
                         [](const ::testing::TestParamInfo<Trap>& trap) { return trap.param.name; });

// Nor does what the environment says.
TEST(Child, what_its_caller_has_configured_does_not_reach_it) {
  const ScratchRepository scratch;
  const std::vector<std::pair<const char*, const char*>> configuration = {
      {"GIT_CONFIG_COUNT", "1"}, {"GIT_CONFIG_KEY_0", "alias.hello"}, {"GIT_CONFIG_VALUE_0", "rev-parse --git-dir"}};
  for (const auto& [name, value] : configuration) setenv(name, value, 1);
  EXPECT_EQ(scratch.try_git({"hello"}), 0);
  EXPECT_FALSE(git_output({{"-C", scratch.path().string(), "hello"}, {}, {}}));
  for (const auto& [name, value] : configuration) unsetenv(name);
}

TEST(Child, past_its_time_it_is_ended) {
  const ScratchRepository scratch;
  Command command{{"-C", scratch.path().string(), "-c", "alias.wait=!exec tail -f /dev/null", "wait"}, {}, {}};
  command.limits.timeout_ms = 200;
  EXPECT_EQ(git_output(command).error().code, ErrorCode::kTimeout);
}

/// Not even as a process that only waits for somebody to ask what became of it.
bool alive(pid_t pid) {
  std::string text;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), text);
  return !text.empty() && text.find(") Z ") == text.npos;
}

TEST(Child, told_to_stop_it_ends_with_everything_that_it_started) {
  const ScratchRepository scratch;
  const auto file = scratch.path() / "pid";
  const std::string program = "!sleep 600 & echo $! >'" + file.string() + "'; wait";
  Command command{{"-C", scratch.path().string(), "-c", "alias.wait=" + program, "wait"}, {}, {}};
  command.limits.file_bytes_max = 1'000;
  command.writable = scratch.path();
  std::stop_source stop;
  command.stop = stop.get_token();
  Result<std::string> out;
  std::thread thread([&] { out = git_output(command); });
  pid_t pid = 0;
  while (!(std::ifstream(file) >> pid)) std::this_thread::yield();
  EXPECT_TRUE(alive(pid));
  stop.request_stop();
  thread.join();
  EXPECT_EQ(out.error().code, ErrorCode::kUnavailable);
  // It is killed, and gone when the system comes to it.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (alive(pid) && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_FALSE(alive(pid));
  kill(pid, SIGKILL);
}

TEST(Child, past_its_output_it_is_ended) {
  Command command{{"version"}, {}, {}};
  command.limits.output_bytes_max = 3;
  EXPECT_EQ(git_output(command).error().code, ErrorCode::kLimit);
  command.limits.output_bytes_max = 1'000;
  EXPECT_TRUE(git_output(command));
}

TEST(Child, writes_no_file_unless_it_may) {
  const ScratchRepository scratch;
  Command command{{"-C", scratch.path().string(), "hash-object", "-w", "--stdin"}, "text", {}};
  command.writable = scratch.path();
  EXPECT_FALSE(git_output(command));
  command.limits.file_bytes_max = 1'000'000;
  EXPECT_TRUE(git_output(command));
}

TEST(Child, writes_only_below_its_folder_and_gains_no_rights) {
  if (!WriteGuard::available()) GTEST_SKIP() << "this kernel has no Landlock";
  const ScratchRepository scratch;
  const ScratchRepository other;
  const auto shell = [&](const std::string& line) {
    Command command{{"-C", scratch.path().string(), "-c", "alias.do=!" + line, "do"}, {}, {}};
    command.limits.file_bytes_max = 1'000'000;
    command.writable = scratch.path();
    return git_output(std::move(command));
  };
  std::ofstream(other.path() / "kept") << "text";
  EXPECT_TRUE(shell(
      "echo x >inside && ln inside .git/elsewhere && mv inside .git/x && rm .git/elsewhere && echo x >/dev/null"));
  const std::string there = other.path().string();
  for (const std::string& line : {"echo x >" + there + "/new", "echo x >>" + there + "/kept", "rm " + there + "/kept",
                                  "mkdir " + there + "/new", "ln -s x " + there + "/new", "mv " + there + "/kept ."}) {
    EXPECT_FALSE(shell(line)) << line;
  }
  EXPECT_TRUE(std::filesystem::exists(other.path() / "kept"));
  EXPECT_THAT(shell("cat /proc/self/status").value(), ::testing::HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(shell("ulimit -n").value(), "1024\n");

  Command reading{{"-C", scratch.path().string(), "-c", "alias.do=!echo x >inside", "do"}, {}, {}};
  reading.limits.file_bytes_max = 1'000'000;
  EXPECT_FALSE(git_output(reading));
}

TEST(Child, a_failure_says_what_git_said_on_one_line) {
  const auto failed = git_output({{"no-such-command\x1b[31m"}, {}, {}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_THAT(failed.error().message, ::testing::HasSubstr("not a git command"));
  EXPECT_EQ(failed.error().message.find_first_of("\n\x1b"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::git
