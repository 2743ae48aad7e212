#include "git/log_parser.h"

#include <algorithm>
#include <charconv>

namespace fairlead::git {
namespace {

std::optional<std::int64_t> seconds_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_sha(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Status LogParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\0'), bytes.size());
    std::string& field = fields_[field_];
    field.append(bytes.substr(0, std::min(end, kFieldBytesMax - field.size())));
    if (end == bytes.size()) return {};
    bytes.remove_prefix(end + 1);
    if (++field_ < kFields) continue;
    RETURN_IF_ERROR(emit());
    field_ = 0;
    for (std::string& text : fields_) text.clear();
  }
  return {};
}

Status LogParser::finish() const {
  if (field_ == 0 && fields_[0].empty()) return {};
  return fail(ErrorCode::kCorrupt, "the output of git log ends within a commit");
}

Status LogParser::emit() {
  if (!is_sha(fields_[kSha])) return fail(ErrorCode::kCorrupt, "the output of git log has no commit where one begins");
  commit_.sha = fields_[kSha];
  commit_.parents.clear();
  std::string_view parents = fields_[kParents];
  while (!parents.empty()) {
    const auto end = std::min(parents.find(' '), parents.size());
    if (!is_sha(parents.substr(0, end))) {
      return fail(ErrorCode::kCorrupt, "the output of git log has a wrong parent of {}", commit_.sha);
    }
    commit_.parents.emplace_back(parents.substr(0, end));
    parents.remove_prefix(std::min(end + 1, parents.size()));
  }
  commit_.authored_at = seconds_of(fields_[kAuthoredAt]);
  commit_.committed_at = seconds_of(fields_[kCommittedAt]);
  std::swap(commit_.author, fields_[kAuthor]);
  std::swap(commit_.subject, fields_[kSubject]);
  std::swap(commit_.body, fields_[kBody]);
  return sink_(commit_);
}

}  // namespace fairlead::git
