#pragma once

// A backup file as bytes (docs/formats.md, Backups): a beginning with the format's version, then frames, each
// compressed and with a checksum of its own.

#include <zstd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fairlead::store::backup {

inline constexpr std::string_view kMagic = "Fairlead backup\n";
inline constexpr std::uint32_t kFormat = 1;
inline constexpr std::size_t kBeginningBytes = 16 + 4;
inline constexpr std::size_t kFrameHeadBytes = 1 + 4 + 4 + 8;

/// A frame is closed once it has so many bytes. One delivery is never divided, so that a frame may be larger by one.
inline constexpr std::size_t kFrameBytesUsual = 1u * 1024 * 1024;
/// More than the usual size and the largest delivery with its headers.
inline constexpr std::size_t kFrameBytesMax = 32u * 1024 * 1024;
/// Of one frame, so that small rows do not become much memory.
inline constexpr std::size_t kFrameRowsMax = 16'384;
inline constexpr std::size_t kLanesMax = 1'024;

/// Stored on disk, append only.
enum class FrameKind : std::uint8_t {
  kExtent = 1,
  kDeliveries = 2,
  kAudit = 3,
  kTokens = 4,
  kUsers = 5,
  kEnd = 6,
  kFailure = 7,  ///< Why whoever wrote this could not go on; never in a whole backup.
};

/// The first bytes of every file.
std::string beginning();

/// What stands before the bytes of a frame.
struct FrameHead {
  std::uint8_t kind = 0;
  std::uint32_t plain_bytes = 0;
  std::uint32_t stored_bytes = 0;
  std::uint64_t checksum = 0;

  std::string text() const;
  static FrameHead of(std::string_view bytes);  ///< kFrameHeadBytes of them.
  /// XXH3 over the head without its checksum and the XXH3 of the stored bytes.
  std::uint64_t checksum_with(std::string_view stored) const;
};

class FramePacker {
 public:
  FramePacker();
  /// Head and stored bytes; valid until the next call. `plain` has at most kFrameBytesMax bytes.
  std::string_view pack(FrameKind kind, std::string_view plain);

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::string frame_;
};

class FrameUnpacker {
 public:
  FrameUnpacker();
  /// The plain bytes, valid until the next call; nothing where `stored` does not become what `head` says.
  Result<std::string_view> unpack(const FrameHead& head, std::string_view stored);

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::string plain_;
};

}  // namespace fairlead::store::backup
