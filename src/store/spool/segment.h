#pragma once

// The bytes of a spool's segment (docs/formats.md): a header, then one frame per appended batch or part of one.
//
// A frame's checksum covers the segment's salt and the frame's own place beside its content, so that neither what an
// earlier file left in the same blocks of the disk nor a frame at another place is ever taken for one.

#include <zstd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/delivery.h"

namespace fairlead::store::spool {

struct SegmentHeader {
  static constexpr std::size_t kBytes = 48;

  std::uint64_t number = 0;
  std::uint64_t salt = 0;
  /// How long the segment before this one is: it ended when this one began. 0 for the first.
  std::uint64_t previous_bytes = 0;
};

std::string pack_header(const SegmentHeader& header);
/// Nothing where the bytes are no header of any version; kUnsupported for one that a newer version wrote.
Result<std::optional<SegmentHeader>> unpack_header(std::string_view bytes);

/// A frame as it lies in its segment.
struct Frame {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  ///< With its header and padding.
  std::uint32_t rows = 0;
  std::uint32_t raw_bytes = 0;  ///< Of the payload before compression.
  bool compressed = false;
  std::string_view payload;  ///< Points into the bytes that were read.
};

/// The frame at `offset` of a segment, whose content from there on is `bytes`; nothing where no whole one is.
std::optional<Frame> frame_at(const SegmentHeader& segment, std::uint64_t offset, std::string_view bytes);

/// Where frames begin: at multiples of this.
inline constexpr std::uint64_t kFrameAlignment = 8;

/// Keeps its buffers and compression contexts; one thread at a time.
class FramePacker {
 public:
  /// How much goes into one frame, which is also how much of a segment is in memory at once: a frame holds more only
  /// where a single delivery does.
  static constexpr std::size_t kFrameRawBytes = 4u * 1024 * 1024;
  static constexpr std::size_t kFrameRowsMax = 2'048;

  /// The frames of `rows`, beginning at `offset` of `segment`, after what `out` holds already.
  void pack(const SegmentHeader& segment, std::uint64_t offset, std::span<const Delivery* const> rows,
            std::string& out);
  /// kCorrupt where the content is no list of deliveries, although its checksum is right.
  Result<std::vector<Delivery>> unpack(const Frame& frame);

 private:
  struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  void close_frame(const SegmentHeader& segment, std::uint64_t offset, std::uint32_t rows, std::string& out);
  bool compress();

  std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor_;
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> decompressor_;
  std::string raw_;
  std::string packed_;
};

}  // namespace fairlead::store::spool
