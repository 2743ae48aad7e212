#include "git/mirror.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/hash.h"
#include "git/child.h"
#include "http/descriptor.h"

namespace fairlead::git {
namespace {

namespace fs = std::filesystem;

/// http.curloptResolve is there since 2.37: without it, a name could be resolved a second time.
constexpr int kGitMajor = 2;
constexpr int kGitMinor = 37;

Status check_version() {
  ASSIGN_OR_RETURN(const std::string out, git_output({{"version"}, {}, {}}));
  constexpr std::string_view kPrefix = "git version ";
  int major = 0;
  int minor = 0;
  if (out.starts_with(kPrefix)) {
    const char* const end = out.data() + out.size();
    const auto first = std::from_chars(out.data() + kPrefix.size(), end, major);
    if (first.ptr != end) std::from_chars(first.ptr + 1, end, minor);
  }
  if (major > kGitMajor || (major == kGitMajor && minor >= kGitMinor)) return {};
  return fail(ErrorCode::kUnsupported, "fetching needs git {}.{} or newer; clone it yourself and give the clone's path",
              kGitMajor, kGitMinor);
}

/// The name says nothing that a file system could take for something else.
fs::path mirror_path(const fs::path& folder, const RemoteUrl& url) {
  const Sha256 digest = sha256(url.text());
  return folder / (to_hex(bytes_of(digest)).substr(0, 32) + ".git");
}

/// Only to the address that was checked, nowhere else.
std::vector<std::string> network_arguments(const RemoteUrl& url, const http::TargetAddress& address) {
  const std::string pinned = address.v4 ? address.text() : fmt::format("[{}]", address.text());
  std::vector<std::string> out;
  for (const std::string& setting :
       {fmt::format("http.curloptResolve={}:{}:{}", url.host, url.port, pinned),
        std::string("http.followRedirects=false"), std::string("http.proxy="), std::string("http.sslVerify=true"),
        std::string("http.cookieFile="), std::string("http.lowSpeedLimit=1000"), std::string("http.lowSpeedTime=60"),
        std::string("http.maxRequests=2"), std::string("transfer.fsckObjects=true"),
        std::string("submodule.recurse=false"), std::string("fetch.recurseSubmodules=false"),
        std::string("fetch.unpackLimit=1"), std::string("gc.auto=0"), std::string("maintenance.auto=false"),
        std::string("pack.threads=1"), std::string("transfer.bundleURI=false")}) {
    out.insert(out.end(), {"-c", setting});
  }
  return out;
}

/// Held by whoever fetches into the mirror at `path`; the system takes it from whoever ends.
Result<http::Descriptor> hold(fs::path path) {
  path += ".lock";
  http::Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) return fail(ErrorCode::kIo, "{} cannot be made ({})", path.string(), std::strerror(errno));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  return fail(ErrorCode::kConflict, "another import fetches this repository now: wait for it, then try again");
}

/// A git that was killed leaves its locks, which would stop every later one, and packs that nobody uses. Only for
/// whoever holds the mirror.
Status clear_remains(const fs::path& path) {
  std::error_code error;
  std::vector<fs::path> remains;
  for (auto at = fs::recursive_directory_iterator(path, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    // A branch may be called tmp_1, but never x.lock.
    const bool object = *at->path().lexically_relative(path).begin() == "objects";
    if (at->is_regular_file(error) && (name.ends_with(".lock") || (object && name.starts_with("tmp_")))) {
      remains.push_back(at->path());
    }
  }
  for (const fs::path& file : remains) fs::remove(file, error);
  if (!error || error == std::errc::no_such_file_or_directory) return {};
  return fail(ErrorCode::kIo, "{} cannot be cleared of an earlier fetch ({})", path.string(), error.message());
}

class Mirror {
 public:
  Mirror(const RemoteUrl& url, const http::TargetAddress& address, fs::path path, const MirrorLimits& limits,
         std::stop_token stop)
      : url_(url),
        network_(network_arguments(url, address)),
        path_(std::move(path)),
        limits_(limits),
        stop_(std::move(stop)) {}

  Status make() const {
    if (!fs::exists(path_ / "HEAD")) {
      RETURN_IF_ERROR(local({"init", "--quiet", "--bare", "--template=", path_.string()}));
    }
    return local({"-C", path_.string(), "config", "remote.origin.url", url_.text()});
  }

  /// Names are given in full: a branch that is called like an option is never one.
  Status fetch() const {
    RETURN_IF_ERROR(remote({"fetch", "--quiet", "--no-tags", "--prune", "--force", "--no-recurse-submodules",
                            "--no-write-fetch-head", "--no-auto-maintenance", "--filter=tree:0", "--", "origin",
                            "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"}));
    return follow_head();
  }

 private:
  Result<std::string> run(std::vector<std::string> arguments) const {
    Command command{std::move(arguments), {}, {}, url_.scheme, stop_, path_.parent_path()};
    command.limits.timeout_ms = limits_.timeout_ms;
    command.limits.file_bytes_max = limits_.file_bytes_max;
    command.limits.memory_bytes_max = limits_.memory_bytes_max;
    return git_output(std::move(command));
  }

  Status local(std::vector<std::string> arguments) const {
    RETURN_IF_ERROR(run(std::move(arguments)));
    return {};
  }

  Result<std::string> remote(std::vector<std::string> arguments) const {
    std::vector<std::string> all = network_;
    all.insert(all.end(), {"-C", path_.string()});
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(std::move(all));
  }

  /// The remote's default branch becomes the mirror's.
  Status follow_head() const {
    ASSIGN_OR_RETURN(const std::string out, remote({"ls-remote", "--symref", "--", "origin", "HEAD"}));
    constexpr std::string_view kPrefix = "ref: refs/heads/";
    const auto end = out.find('\t');
    if (!out.starts_with(kPrefix) || end == out.npos) return {};  // detached, or unborn
    const std::string branch = out.substr(5, end - 5);
    return local({"-C", path_.string(), "symbolic-ref", "HEAD", branch});
  }

  const RemoteUrl& url_;
  const std::vector<std::string> network_;
  const fs::path path_;
  const MirrorLimits& limits_;
  const std::stop_token stop_;
};

}  // namespace

Result<Repository> fetch_mirror(const RemoteUrl& url, const RemoteRules& rules, const fs::path& folder,
                                const http::Resolver& resolver, const MirrorLimits& limits,
                                const std::stop_token& stop) {
  RETURN_IF_ERROR(check_version());
  ASSIGN_OR_RETURN(const http::TargetAddress address, http::guarded_address(resolver, url.host, rules.hosts_allowed));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorCode::kIo, "{} cannot be made ({})", folder.string(), error.message());
  const fs::path path = mirror_path(folder, url);
  ASSIGN_OR_RETURN(const http::Descriptor held, hold(path));
  RETURN_IF_ERROR(clear_remains(path));
  const Mirror mirror(url, address, path, limits, stop);
  RETURN_IF_ERROR(mirror.make());
  if (const Status fetched = mirror.fetch(); !fetched) {
    return fail(fetched.error().code, "{} could not be fetched: {}{}", url.text(), fetched.error().message,
                fetched.error().code == ErrorCode::kIo ? "; check the address, and that no password is needed" : "");
  }
  return Repository::open(path, stop);
}

}  // namespace fairlead::git
