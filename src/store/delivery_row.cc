#include "store/delivery_row.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"
#include "model/wire.h"

namespace fairlead::store {
namespace {

/// Below this, compression costs more than the bytes that it saves.
constexpr std::size_t kCompressFromBytes = 1024;
/// Fast enough to keep up with the disk; JSON shrinks to a fifth even so.
constexpr int kCompressionLevel = 1;

std::string_view pack_headers(const Delivery& delivery, std::string& out) {
  out.clear();
  wire::Writer writer(out);
  for (const auto& [name, value] : delivery.headers) {
    writer.text(name);
    writer.text(value);
  }
  return out;
}

bool unpack_headers(std::string_view bytes, Delivery& delivery) {
  wire::Reader reader(bytes);
  while (!reader.at_end() && !reader.failed()) {
    std::string name(reader.text());
    std::string value(reader.text());
    delivery.headers.emplace_back(std::move(name), std::move(value));
  }
  return !reader.failed();
}

std::unexpected<Error> damaged(const StoredDelivery& stored) {
  return fail(ErrorCode::kCorrupt,
              "delivery {} of lane {} does not match its checksum; restore the journal from a backup", stored.sequence,
              stored.lane);
}

}  // namespace

StoredDelivery stored_delivery(const sql::Query& query) {
  return {query.number(0), query.integer(1), query.integer(2), query.text(3),  query.text(4),    query.text(5),
          query.bytes(6),  query.integer(7), query.integer(8), query.bytes(9), query.integer(10)};
}

StoredDelivery DeliveryPacker::pack(const Delivery& delivery, JournalPosition position) {
  StoredDelivery stored;
  stored.sequence = position.sequence;
  stored.lane = position.lane;
  stored.received_at = delivery.received_at.ms;
  stored.source = delivery.source.text;
  stored.origin = delivery.origin.text;
  stored.id = delivery.id;
  stored.headers = pack_headers(delivery, headers_);
  stored.body_bytes = static_cast<std::int64_t>(delivery.body.size());
  const bool compressed = compress(delivery.body);
  stored.encoding = static_cast<std::int64_t>(compressed ? BodyEncoding::kZstd : BodyEncoding::kPlain);
  stored.body = compressed ? std::string_view(body_) : std::string_view(delivery.body);
  stored.checksum = checksum(stored);
  return stored;
}

Result<JournalRow> DeliveryPacker::unpack(const StoredDelivery& stored) {
  if (stored.checksum != checksum(stored)) return damaged(stored);
  JournalRow row;
  row.position = {static_cast<std::uint32_t>(stored.lane), stored.sequence};
  Delivery& delivery = row.delivery;
  delivery.source = SourceName(stored.source);
  delivery.origin = Origin(stored.origin);
  delivery.id = stored.id;
  delivery.received_at = {stored.received_at};
  if (!unpack_headers(stored.headers, delivery)) return damaged(stored);
  if (stored.encoding == static_cast<std::int64_t>(BodyEncoding::kPlain)) {
    delivery.body = stored.body;
    return row;
  }
  if (stored.encoding != static_cast<std::int64_t>(BodyEncoding::kZstd)) {
    return fail(ErrorCode::kUnsupported, "delivery {} is stored in a form that a newer version of Fairlead wrote",
                stored.sequence);
  }
  if (stored.body_bytes < 0 || static_cast<std::size_t>(stored.body_bytes) > limits::kHookBodyBytesMax) {
    return damaged(stored);
  }
  if (!decompressor_) decompressor_.reset(ZSTD_createDCtx());
  delivery.body.resize(static_cast<std::size_t>(stored.body_bytes));
  const std::size_t size = ZSTD_decompressDCtx(decompressor_.get(), delivery.body.data(), delivery.body.size(),
                                               stored.body.data(), stored.body.size());
  if (ZSTD_isError(size) != 0 || size != delivery.body.size()) return damaged(stored);
  return row;
}

std::int64_t DeliveryPacker::checksum(const StoredDelivery& stored) {
  checked_.clear();
  wire::Writer writer(checked_);
  writer.number(stored.sequence);
  writer.integer(stored.lane);
  writer.integer(stored.received_at);
  writer.text(stored.source);
  writer.text(stored.origin);
  writer.text(stored.id);
  writer.text(stored.headers);
  writer.integer(stored.encoding);
  writer.integer(stored.body_bytes);
  writer.number(checksum64(stored.body));
  return static_cast<std::int64_t>(checksum64(checked_));
}

/// Into `body_`; false where the plain form is as small.
bool DeliveryPacker::compress(std::string_view body) {
  if (body.size() < kCompressFromBytes || body.size() > limits::kHookBodyBytesMax) return false;
  if (!compressor_) {
    compressor_.reset(ZSTD_createCCtx());
    CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(compressor_.get(), ZSTD_c_compressionLevel, kCompressionLevel)) == 0);
  }
  body_.resize(ZSTD_compressBound(body.size()));
  const std::size_t size = ZSTD_compress2(compressor_.get(), body_.data(), body_.size(), body.data(), body.size());
  if (ZSTD_isError(size) != 0 || size >= body.size()) return false;
  body_.resize(size);
  return true;
}

}  // namespace fairlead::store
