// What a damaged or foreign file of the spool may hold: the header, a frame, and the payload of a frame whose checksum
// happens to be right.

#include <cstddef>
#include <cstdint>

#include "store/spool/segment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead::store::spool;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static_cast<void>(unpack_header(input));
  static_cast<void>(frame_at({1, 0, 0}, SegmentHeader::kBytes, input));
  if (input.size() < 4) return 0;
  Frame frame;
  frame.compressed = (data[0] & 1) != 0;
  frame.rows = data[1];
  frame.raw_bytes = static_cast<std::uint32_t>(data[2] | data[3] << 8);
  frame.payload = input.substr(4);
  FramePacker packer;
  static_cast<void>(packer.unpack(frame));
  return 0;
}
