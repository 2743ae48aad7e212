#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace fairlead::api {

enum class ImportState : std::uint8_t { kQueued, kRunning, kSucceeded, kFailed, kCancelled };
enum class ImportPhase : std::uint8_t { kFetching, kReading, kLinking };

/// One import of a repository's history, as far as it has come.
struct Import {
  std::string id;
  std::string url;
  ImportState state = ImportState::kQueued;
  ImportPhase phase = ImportPhase::kFetching;  ///< While it runs.
  std::optional<std::uint64_t> commits_total;  ///< Known once the repository is fetched.
  std::uint64_t commits = 0;                   ///< Read so far.
  std::uint64_t events = 0;                    ///< On stable storage so far.
  std::uint64_t releases = 0;
  bool nothing_new = false;          ///< Succeeded, and all of it was there before.
  std::vector<std::string> remarks;  ///< For people.
  std::string repository;            ///< As it is called here; empty until it is known, as the next two.
  std::string service;
  std::optional<Instant> first_release_at;
  std::optional<Instant> last_release_at;
  std::string error;  ///< Why it failed, and what to do.
  Instant created_at;
  std::optional<Instant> started_at;
  std::optional<Instant> finished_at;

  bool ended() const { return state != ImportState::kQueued && state != ImportState::kRunning; }
};

/// Imports in the background, one after the other. The application brings the real ones; thread-safe.
class Imports {
 public:
  virtual ~Imports() = default;

  struct Started {
    Import import;
    bool is_new = true;  ///< Else: the same address was queued or running already.
  };
  /// kInvalid: no address that can be fetched; kForbidden: one that must not be; kUnavailable: too many wait already.
  virtual Result<Started> start(const std::string& url) = 0;
  /// The latest ones since the program started, newest first.
  virtual std::vector<Import> list() const = 0;
  virtual Result<Import> find(const std::string& id) const = 0;  ///< kNotFound
  /// Ends one that is queued at once, and one that runs soon; changes nothing about one that has ended. kNotFound
  virtual Result<Import> cancel(const std::string& id) = 0;
};

}  // namespace fairlead::api
