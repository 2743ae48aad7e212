// What git prints holds texts that somebody else wrote. Wherever the bytes are cut on their way, the same commits come
// out; what comes out is a commit; and printed again it is read as itself.

#include "base/check.h"
#include "git/log_parser.h"

namespace fairlead::git {
namespace {

struct Parsed {
  std::vector<Commit> commits;
  bool whole = false;
};

Parsed parse(std::string_view bytes, std::size_t piece_bytes) {
  Parsed out;
  LogParser parser([&](const Commit& commit) -> Status {
    out.commits.push_back(commit);
    return {};
  });
  Status status;
  while (!bytes.empty() && status) {
    const auto piece = bytes.substr(0, piece_bytes);
    status = parser.feed(piece);
    bytes.remove_prefix(piece.size());
  }
  out.whole = status && parser.finish();
  return out;
}

void append_printed(std::string& out, const Commit& commit) {
  const auto end_field = [&] { out += '\0'; };
  out += commit.sha;
  end_field();
  for (std::size_t i = 0; i < commit.parents.size(); ++i) out.append(i > 0 ? " " : "").append(commit.parents[i]);
  end_field();
  for (const auto& time : {commit.authored_at, commit.committed_at}) {
    if (time) out += std::to_string(*time);
    end_field();
  }
  for (const std::string& text : {commit.author, commit.subject, commit.body}) {
    out += text;
    end_field();
  }
}

void check_commit(const Commit& commit) {
  CHECK(is_sha(commit.sha));
  for (const std::string& parent : commit.parents) CHECK(is_sha(parent));
  for (const std::string& text : {commit.author, commit.subject, commit.body}) {
    CHECK(text.size() <= LogParser::kFieldBytesMax);
    CHECK(text.find('\0') == std::string::npos);
  }
}

}  // namespace
}  // namespace fairlead::git

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace fairlead::git;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Parsed parsed = parse(bytes, bytes.size());
  for (const Commit& commit : parsed.commits) check_commit(commit);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{41}}) {
    const Parsed again = parse(bytes, piece);
    CHECK(again.whole == parsed.whole);
    CHECK(again.commits == parsed.commits);
  }
  std::string printed;
  for (const Commit& commit : parsed.commits) append_printed(printed, commit);
  const Parsed read = parse(printed, printed.size());
  CHECK(read.whole);
  CHECK(read.commits == parsed.commits);
  return 0;
}
