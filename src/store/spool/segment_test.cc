#include "store/spool/segment.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace fairlead::store::spool {
namespace {

/// As version 1 wrote it: what lies in a folder since before an update is read after it.
constexpr std::string_view kHeaderHex =
    "464c53504f4f4c0a01000000000000000700000000000000efcdab89674523010010000000000000e7425c71d0cc8fc0";
constexpr std::string_view kFrameHex =
    "464c46310000000001000000550000005500000000000000acab3aef54ef7592"
    "80a4cbd9f166066769746875620a6769746875622e636f6d03642d31020e782d6769746875622d6576656e740470757368"
    "00086e616d656c657373197b22726566223a22726566732f68656164732f6d61696e227d000000";

const SegmentHeader kHeader{7, 0x0123456789abcdef, 4'096};

Delivery delivery() {
  Delivery delivery;
  delivery.received_at = Instant{1'767'607'200'000};
  delivery.source = SourceName("github");
  delivery.origin = Origin("github.com");
  delivery.id = "d-1";
  delivery.headers = {{"x-github-event", "push"}, {"", "nameless"}};
  delivery.body = R"({"ref":"refs/heads/main"})";
  return delivery;
}

TEST(Segment, bytes_are_as_they_were) {
  const Delivery one = delivery();
  const Delivery* const rows[] = {&one};
  std::string frames;
  FramePacker().pack(kHeader, SegmentHeader::kBytes, rows, frames);
  EXPECT_EQ(to_hex(pack_header(kHeader)), kHeaderHex);
  EXPECT_EQ(to_hex(frames), kFrameHex);
}

TEST(Segment, bytes_of_old_are_read) {
  const auto header = unpack_header(from_hex(kHeaderHex));
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->number, kHeader.number);
  EXPECT_EQ((*header)->salt, kHeader.salt);
  EXPECT_EQ((*header)->previous_bytes, kHeader.previous_bytes);
  const std::string bytes = from_hex(kFrameHex);
  const auto frame = frame_at(**header, SegmentHeader::kBytes, bytes);
  ASSERT_TRUE(frame);
  const auto rows = FramePacker().unpack(*frame);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 1u);
  const Delivery& read = rows->front();
  const Delivery written = delivery();
  EXPECT_EQ(read.received_at, written.received_at);
  EXPECT_EQ(read.source, written.source);
  EXPECT_EQ(read.origin, written.origin);
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.headers, written.headers);
  EXPECT_EQ(read.body, written.body);
}

}  // namespace
}  // namespace fairlead::store::spool
