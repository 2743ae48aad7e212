#pragma once

// A journal row between memory and disk: the body compressed where that pays, a checksum over every column.

#include <zstd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/sql/connection.h"
#include "store/store.h"

namespace fairlead::store {

/// Stored on disk, append only.
enum class BodyEncoding : std::uint8_t { kPlain = 0, kZstd = 1 };

/// The columns of a row, as they are stored. Views point into the delivery, the packer or the query's row.
struct StoredDelivery {
  std::uint64_t sequence = 0;
  std::int64_t lane = 0;
  std::int64_t received_at = 0;
  std::string_view source;
  std::string_view origin;
  std::string_view id;
  std::string_view headers;
  std::int64_t encoding = 0;
  std::int64_t body_bytes = 0;
  std::string_view body;
  std::int64_t checksum = 0;
};

/// The row that `query`, one of journal_sql's selects of deliveries, stands on.
StoredDelivery stored_delivery(const sql::Query& query);

/// Keeps its buffers and compression contexts from row to row; one thread at a time.
class DeliveryPacker {
 public:
  /// The result lives until the next call.
  StoredDelivery pack(const Delivery& delivery, JournalPosition position);
  /// kCorrupt if anything differs from what was packed.
  Result<JournalRow> unpack(const StoredDelivery& stored);

 private:
  struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  std::int64_t checksum(const StoredDelivery& stored);
  bool compress(std::string_view body);

  std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor_;
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> decompressor_;
  std::string headers_;
  std::string body_;
  std::string checked_;
};

}  // namespace fairlead::store
