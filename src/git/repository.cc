#include "git/repository.h"

#include <algorithm>
#include <charconv>

namespace fairlead::git {
namespace {

std::string_view take_until(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

std::string lines_of(const std::vector<std::string>& tips) {
  std::string out;
  for (const std::string& tip : tips) out.append(tip).append("\n");
  return out;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || text.empty()) return std::nullopt;
  return value;
}

/// For commands whose answer "there is none" is an exit code.
Result<std::string> output_or_empty(Command command) {
  Result<std::string> out = git_output(std::move(command));
  if (!out && out.error().code == ErrorCode::kIo) return std::string();
  return out;
}

}  // namespace

Result<Repository> Repository::open(const std::filesystem::path& path, std::stop_token stop) {
  Repository repository(path, std::move(stop));
  ASSIGN_OR_RETURN(const std::string found, output_or_empty(repository.in_here({"rev-parse", "--git-dir"})));
  if (found.empty()) return fail(ErrorCode::kNotFound, "{} is no git repository", path.string());
  return repository;
}

Command Repository::in_here(std::vector<std::string> arguments, std::string input) const {
  Command command;
  command.arguments = std::move(arguments);
  command.arguments.insert(command.arguments.begin(), {"-C", path_.string()});
  command.input = std::move(input);
  command.stop = stop_;
  return command;
}

Result<std::vector<Tag>> Repository::tags() const {
  ASSIGN_OR_RETURN(
      const std::string listed,
      git_output(in_here({"for-each-ref", "--format=%(refname:strip=2) %(creatordate:unix)", "refs/tags"})));
  std::vector<Tag> named;
  std::string questions;
  for (std::string_view rest = listed; !rest.empty();) {
    std::string_view line = take_until(rest, '\n');  // no name of a ref holds a space or a line end
    const std::string_view name = take_until(line, ' ');
    named.push_back({std::string(name), {}, number_of<std::int64_t>(line)});
    questions.append("refs/tags/").append(name).append("^{commit}\n");
  }
  // Peels any depth of tags; answers `missing` where there is no commit at the end.
  ASSIGN_OR_RETURN(const std::string peeled,
                   git_output(in_here({"cat-file", "--batch-check=%(objectname)"}, std::move(questions))));
  std::vector<Tag> tags;
  std::string_view answers = peeled;
  for (Tag& tag : named) {
    const std::string_view answer = take_until(answers, '\n');
    if (!is_sha(answer)) continue;
    tag.sha = answer;
    tags.push_back(std::move(tag));
  }
  return tags;
}

Result<std::optional<std::string>> Repository::head() const {
  ASSIGN_OR_RETURN(const std::string out,
                   output_or_empty(in_here({"rev-parse", "--quiet", "--verify", "HEAD^{commit}"})));
  std::string_view rest = out;
  const std::string_view sha = take_until(rest, '\n');
  if (!is_sha(sha)) return std::nullopt;
  return std::string(sha);
}

Result<std::string> Repository::origin_url() const {
  ASSIGN_OR_RETURN(std::string out, output_or_empty(in_here({"config", "--get", "remote.origin.url"})));
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

Result<bool> Repository::shallow() const {
  ASSIGN_OR_RETURN(const std::string out, git_output(in_here({"rev-parse", "--is-shallow-repository"})));
  return out.starts_with("true");
}

Status Repository::read_commits(const std::vector<std::string>& tips, const CommitSink& sink) const {
  if (tips.empty()) return {};
  LogParser parser(sink);
  const Command log = in_here({"log", "-z", "--stdin", "--no-show-signature", "--no-decorate", "--no-notes",
                               "--no-patch", "--encoding=UTF-8", "--format=" + std::string(LogParser::kLogFormat)},
                              lines_of(tips));
  RETURN_IF_ERROR(run_git(log, [&](std::string_view piece) { return parser.feed(piece); }));
  return parser.finish();
}

Result<std::uint64_t> Repository::count_commits(const std::vector<std::string>& tips) const {
  if (tips.empty()) return 0;
  ASSIGN_OR_RETURN(const std::string out, git_output(in_here({"rev-list", "--count", "--stdin"}, lines_of(tips))));
  const auto count = number_of<std::uint64_t>(out);
  if (!count) return fail(ErrorCode::kCorrupt, "git rev-list --count said '{}'", out);
  return *count;
}

}  // namespace fairlead::git
