#include "app/testing/child.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace fairlead::app::testing {
namespace {

constexpr int kWaitMs = 60'000;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
  int read_end;
  int write_end;
};

std::vector<std::string> child_environment(const std::vector<std::string>& variables) {
  std::vector<std::string> all = variables;
  for (char** variable = environ; *variable; ++variable) {
    if (!std::string_view(*variable).starts_with("FAIRLEAD_")) all.emplace_back(*variable);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// `err` -1: the tests' own.
pid_t start(std::vector<std::string> arguments, const std::vector<std::string>& variables, int in, int out, int err) {
  arguments.insert(arguments.begin(), FAIRLEAD_BINARY);
  std::vector<std::string> environment = child_environment(variables);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in >= 0) posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  if (err >= 0) posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, FAIRLEAD_BINARY, &actions, nullptr, pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " FAIRLEAD_BINARY);
  return pid;
}

/// False at the end of the stream.
bool read_more(int descriptor, std::string& text) {
  std::array<char, 16 * 1024> bytes{};
  const ssize_t size = read(descriptor, bytes.data(), bytes.size());
  if (size > 0) text.append(bytes.data(), static_cast<std::size_t>(size));
  return size > 0;
}

void wait_readable(int descriptor) {
  pollfd one{descriptor, POLLIN, 0};
  if (poll(&one, 1, kWaitMs) != 1) throw std::runtime_error("the program said nothing for a minute");
}

void read_both(int out, int err, Finished& finished) {
  std::array<pollfd, 2> both{pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  while (both[0].fd >= 0 || both[1].fd >= 0) {
    if (poll(both.data(), both.size(), kWaitMs) <= 0) throw std::runtime_error("the program hangs");
    if (both[0].revents != 0 && !read_more(out, finished.out)) both[0].fd = -1;
    if (both[1].revents != 0 && !read_more(err, finished.err)) both[1].fd = -1;
  }
}

int exit_code(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "fairlead-app-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::filesystem::remove_all(path_);
}

Finished fairlead(const std::vector<std::string>& arguments, const std::string& input,
                  const std::vector<std::string>& variables) {
  const Pipe in;
  const Pipe out;
  const Pipe err;
  const pid_t pid = start(arguments, variables, in.read_end, out.write_end, err.write_end);
  for (const int end : {in.read_end, out.write_end, err.write_end}) close(end);
  // Inputs here are a line or two: a pipe takes them whole.
  const bool written = write(in.write_end, input.data(), input.size()) == static_cast<ssize_t>(input.size());
  close(in.write_end);
  Finished finished;
  read_both(out.read_end, err.read_end, finished);
  close(out.read_end);
  close(err.read_end);
  finished.code = exit_code(pid);
  if (!written && !input.empty()) throw std::runtime_error("the program did not take its input");
  return finished;
}

RunningServer::RunningServer(const std::filesystem::path& data, std::vector<std::string> more,
                             const std::vector<std::string>& variables) {
  std::vector<std::string> arguments = {"serve", "--data", data.string(), "--listen", "127.0.0.1:0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Pipe out;
  pid_ = start(std::move(arguments), variables, -1, out.write_end, -1);
  close(out.write_end);
  out_ = out.read_end;
  const std::string before = "listening on http://127.0.0.1:";
  const std::string& text = out_until("\n");
  const auto at = text.find(before);
  if (at == std::string::npos) throw std::runtime_error("the server does not say where it listens: " + text);
  port_ = std::stoi(text.substr(at + before.size()));
}

RunningServer::~RunningServer() {
  if (pid_ > 0) stop(SIGKILL);
  close(out_);
}

const std::string& RunningServer::out_until(const std::string& wanted) {
  while (text_.find(wanted) == std::string::npos) {
    wait_readable(out_);
    if (!read_more(out_, text_)) throw std::runtime_error("the server ended after: " + text_);
  }
  return text_;
}

int RunningServer::stop(int signal) {
  kill(pid_, signal);
  while (read_more(out_, text_)) {
  }
  return exit_code(std::exchange(pid_, -1));
}

RunningServer::Answer RunningServer::request(const std::string& method, const std::string& target,
                                             const std::string& token, const std::string& body) const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket);
    throw std::runtime_error("the server does not listen");
  }
  std::string request = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
  if (!token.empty()) request += "Authorization: Bearer " + token + "\r\n";
  if (!body.empty()) {
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  request += "\r\n" + body;
  std::string answer;
  if (send(socket, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    while (read_more(socket, answer)) {
    }
  }
  close(socket);
  const auto head_end = answer.find("\r\n\r\n");
  if (head_end == std::string::npos) throw std::runtime_error("no answer");
  return {std::stoi(answer.substr(9, 3)), answer.substr(head_end + 4)};
}

}  // namespace fairlead::app::testing
