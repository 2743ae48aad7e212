// A backup comes from anywhere: any bytes are either refused, or say what a backup that is written anew says, too.

#include "base/check.h"
#include "store/backup/backup_reader.h"
#include "store/backup/backup_writer.h"

namespace {

using namespace fairlead;
using store::backup::BackupReader;
using store::backup::BackupSummary;
using store::backup::BackupWriter;

Result<BackupSummary> read(std::string_view bytes, store::JournalVisitor& visitor, std::size_t piece) {
  BackupReader reader(visitor);
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    RETURN_IF_ERROR(reader.feed(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  return reader.finish();
}

std::string rewrite(std::string_view bytes, std::size_t piece, bool& whole) {
  std::string out;
  BackupWriter writer([&](std::string_view written) {
    out.append(written);
    return Status();
  });
  whole = read(bytes, writer, piece).has_value() && writer.finish().has_value();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  bool whole = false, in_pieces = false, again = false;
  const std::string written = rewrite(bytes, SIZE_MAX, whole);
  CHECK(written == rewrite(bytes, 7, in_pieces));
  CHECK(whole == in_pieces);
  if (whole) {
    CHECK(rewrite(written, SIZE_MAX, again) == written);
    CHECK(again);
  }
  return 0;
}
