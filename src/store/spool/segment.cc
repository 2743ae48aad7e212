#include "store/spool/segment.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"
#include "store/delivery_wire.h"

namespace fairlead::store::spool {
namespace {

/// Stored on disk, append only.
constexpr std::string_view kMagic = "FLSPOOL\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kFrameMagic = 0x31464C46;  // "FLF1"
constexpr std::uint32_t kPlain = 0;
constexpr std::uint32_t kZstd = 1;

constexpr std::size_t kFrameHeaderBytes = 32;
/// Below this, compression costs more than the bytes that it saves.
constexpr std::size_t kCompressFromBytes = 512;
constexpr int kCompressionLevel = 1;
/// More than the largest delivery with all its headers takes; guards the memory of whoever reads damaged bytes.
constexpr std::size_t kFrameRawBytesMax = 2 * limits::kHookBodyBytesMax + FramePacker::kFrameRawBytes;

/// Fixed numbers, the lowest byte first.
template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
  }
  return value;
}

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

std::uint64_t frame_checksum(const SegmentHeader& segment, std::uint64_t offset, std::string_view fields,
                             std::string_view payload) {
  std::string checked;
  put(checked, segment.salt);
  put(checked, offset);
  checked += fields;
  put(checked, checksum64(payload));
  return checksum64(checked);
}

}  // namespace

std::string pack_header(const SegmentHeader& header) {
  std::string out(kMagic);
  put(out, kVersion);
  put(out, std::uint32_t{0});
  put(out, header.number);
  put(out, header.salt);
  put(out, header.previous_bytes);
  put(out, checksum64(out));
  CHECK(out.size() == SegmentHeader::kBytes);
  return out;
}

Result<std::optional<SegmentHeader>> unpack_header(std::string_view bytes) {
  if (bytes.size() < SegmentHeader::kBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  constexpr std::size_t kChecked = SegmentHeader::kBytes - 8;
  if (get<std::uint64_t>(bytes, kChecked) != checksum64(bytes.substr(0, kChecked))) return std::nullopt;
  if (const auto version = get<std::uint32_t>(bytes, 8); version > kVersion) {
    return fail(ErrorCode::kUnsupported, "its format {} is newer than this version of Fairlead reads ({})", version,
                kVersion);
  }
  return SegmentHeader{get<std::uint64_t>(bytes, 16), get<std::uint64_t>(bytes, 24), get<std::uint64_t>(bytes, 32)};
}

std::optional<Frame> frame_at(const SegmentHeader& segment, std::uint64_t offset, std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes || get<std::uint32_t>(bytes, 0) != kFrameMagic) return std::nullopt;
  const auto encoding = get<std::uint32_t>(bytes, 4);
  const auto stored = get<std::uint32_t>(bytes, 12);
  if (encoding > kZstd || stored > bytes.size() - kFrameHeaderBytes) return std::nullopt;
  Frame frame;
  frame.offset = offset;
  frame.rows = get<std::uint32_t>(bytes, 8);
  frame.raw_bytes = get<std::uint32_t>(bytes, 16);
  frame.compressed = encoding == kZstd;
  frame.payload = bytes.substr(kFrameHeaderBytes, stored);
  frame.bytes = padded(kFrameHeaderBytes + stored);
  if (frame.bytes > bytes.size()) return std::nullopt;
  if (bytes.substr(0, frame.bytes).find_first_not_of('\0', kFrameHeaderBytes + stored) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view fields = bytes.substr(0, kFrameHeaderBytes - 8);
  if (get<std::uint64_t>(bytes, kFrameHeaderBytes - 8) != frame_checksum(segment, offset, fields, frame.payload)) {
    return std::nullopt;
  }
  return frame;
}

void FramePacker::pack(const SegmentHeader& segment, std::uint64_t offset, std::span<const Delivery* const> rows,
                       std::string& out) {
  const std::uint64_t base = offset - out.size();
  wire::Writer writer(raw_);
  raw_.clear();
  std::uint32_t count = 0;
  for (const Delivery* row : rows) {
    const bool full = raw_.size() + row->body.size() > kFrameRawBytes || count == kFrameRowsMax;
    if (count > 0 && full) {
      close_frame(segment, base + out.size(), count, out);
      count = 0;
    }
    put_delivery(writer, *row);
    ++count;
  }
  if (count > 0) close_frame(segment, base + out.size(), count, out);
}

/// Writes what `raw_` holds as a frame at `offset`, and empties it.
void FramePacker::close_frame(const SegmentHeader& segment, std::uint64_t offset, std::uint32_t rows,
                              std::string& out) {
  CHECK(raw_.size() <= std::numeric_limits<std::uint32_t>::max());
  const bool compressed = compress();
  const std::string& payload = compressed ? packed_ : raw_;
  const std::size_t begin = out.size();
  put(out, kFrameMagic);
  put(out, compressed ? kZstd : kPlain);
  put(out, rows);
  put(out, static_cast<std::uint32_t>(payload.size()));
  put(out, static_cast<std::uint32_t>(raw_.size()));
  put(out, std::uint32_t{0});
  put(out, frame_checksum(segment, offset, std::string_view(out).substr(begin), payload));
  out += payload;
  out.append(padded(kFrameHeaderBytes + payload.size()) - kFrameHeaderBytes - payload.size(), '\0');
  raw_.clear();
}

/// `raw_` into `packed_`; false where the plain form is as small.
bool FramePacker::compress() {
  if (raw_.size() < kCompressFromBytes) return false;
  if (!compressor_) {
    compressor_.reset(ZSTD_createCCtx());
    CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(compressor_.get(), ZSTD_c_compressionLevel, kCompressionLevel)) == 0);
  }
  packed_.resize(ZSTD_compressBound(raw_.size()));
  const std::size_t size = ZSTD_compress2(compressor_.get(), packed_.data(), packed_.size(), raw_.data(), raw_.size());
  if (ZSTD_isError(size) != 0 || size >= raw_.size()) return false;
  packed_.resize(size);
  return true;
}

Result<std::vector<Delivery>> FramePacker::unpack(const Frame& frame) {
  const auto damaged = [&] { return fail(ErrorCode::kCorrupt, "the frame at byte {} cannot be read", frame.offset); };
  std::string_view raw = frame.payload;
  if (frame.compressed) {
    if (frame.raw_bytes > kFrameRawBytesMax) return damaged();
    if (!decompressor_) decompressor_.reset(ZSTD_createDCtx());
    packed_.resize(frame.raw_bytes);
    const std::size_t size = ZSTD_decompressDCtx(decompressor_.get(), packed_.data(), packed_.size(),
                                                 frame.payload.data(), frame.payload.size());
    if (ZSTD_isError(size) != 0 || size != packed_.size()) return damaged();
    raw = packed_;
  }
  wire::Reader reader(raw);
  if (frame.rows > raw.size()) return damaged();
  std::vector<Delivery> rows;
  rows.reserve(frame.rows);
  while (rows.size() < frame.rows && !reader.failed()) rows.push_back(get_delivery(reader));
  if (reader.failed() || !reader.at_end()) return damaged();
  return rows;
}

}  // namespace fairlead::store::spool
