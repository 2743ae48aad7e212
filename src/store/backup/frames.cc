#include "store/backup/frames.h"

#include "base/check.h"
#include "base/hash.h"

namespace fairlead::store::backup {
namespace {

/// Fast enough to keep up with a disk; deliveries that resemble each other shrink to a tenth even so.
constexpr int kCompressionLevel = 1;

/// The lowest byte first.
template <class Number>
void put(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

template <class Number>
Number get(std::string_view bytes, std::size_t at) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value |= static_cast<Number>(static_cast<Number>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i));
  }
  return value;
}

std::string head_without_checksum(const FrameHead& head) {
  std::string out;
  put(out, head.kind);
  put(out, head.plain_bytes);
  put(out, head.stored_bytes);
  return out;
}

}  // namespace

std::string beginning() {
  std::string out(kMagic);
  put(out, kFormat);
  return out;
}

std::string FrameHead::text() const {
  std::string out = head_without_checksum(*this);
  put(out, checksum);
  return out;
}

FrameHead FrameHead::of(std::string_view bytes) {
  CHECK(bytes.size() == kFrameHeadBytes);
  return {get<std::uint8_t>(bytes, 0), get<std::uint32_t>(bytes, 1), get<std::uint32_t>(bytes, 5),
          get<std::uint64_t>(bytes, 9)};
}

std::uint64_t FrameHead::checksum_with(std::string_view stored) const {
  std::string checked = head_without_checksum(*this);
  put(checked, checksum64(stored));
  return checksum64(checked);
}

FramePacker::FramePacker() : context_(ZSTD_createCCtx()) {
  CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kCompressionLevel)) == 0);
}

std::string_view FramePacker::pack(FrameKind kind, std::string_view plain) {
  CHECK(plain.size() <= kFrameBytesMax);
  frame_.resize(kFrameHeadBytes + ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress2(context_.get(), frame_.data() + kFrameHeadBytes,
                                          frame_.size() - kFrameHeadBytes, plain.data(), plain.size());
  CHECK(ZSTD_isError(size) == 0);
  frame_.resize(kFrameHeadBytes + size);
  FrameHead head{static_cast<std::uint8_t>(kind), static_cast<std::uint32_t>(plain.size()),
                 static_cast<std::uint32_t>(size), 0};
  head.checksum = head.checksum_with(std::string_view(frame_).substr(kFrameHeadBytes));
  frame_.replace(0, kFrameHeadBytes, head.text());
  return frame_;
}

FrameUnpacker::FrameUnpacker() : context_(ZSTD_createDCtx()) {}

Result<std::string_view> FrameUnpacker::unpack(const FrameHead& head, std::string_view stored) {
  plain_.resize(head.plain_bytes);
  const std::size_t size =
      ZSTD_decompressDCtx(context_.get(), plain_.data(), plain_.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0 || size != plain_.size()) return fail(ErrorCode::kCorrupt, "it cannot be unpacked");
  return std::string_view(plain_);
}

}  // namespace fairlead::store::backup
