#include "store/spool/spool.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/hash.h"

namespace fairlead::store::spool {
namespace {

constexpr std::string_view kSegmentEnding = ".spool";
/// A segment with deliveries that the journal refused for good.
constexpr std::string_view kKeptEnding = ".kept";
constexpr std::size_t kNumberChars = 16;
constexpr std::size_t kSaltBytes = 16;
/// No file that we wrote is longer; guards the memory of an opening.
constexpr std::uint64_t kSegmentFileBytesMax = 256u * 1024 * 1024;
/// How much of a segment is read at once when it holds small frames.
constexpr std::uint64_t kReadBytes = 1024u * 1024;

std::string segment_file(std::uint64_t number) {
  return fmt::format("{:016}{}", number, kSegmentEnding);
}

std::optional<std::uint64_t> segment_number(std::string_view file) {
  if (file.size() != kNumberChars + kSegmentEnding.size() || !file.ends_with(kSegmentEnding)) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = file.data() + kNumberChars;
  const auto [stopped, error] = std::from_chars(file.data(), end, number);
  return error == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

/// Less the zeros at its end, which preallocation leaves.
std::string_view written_part(std::string_view bytes) {
  const std::size_t last = bytes.find_last_not_of('\0');
  return bytes.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Whether a whole frame begins anywhere after the start of `bytes`, which lie at `offset`.
bool any_frame_after(const SegmentHeader& segment, std::uint64_t offset, std::string_view bytes) {
  const std::size_t end = written_part(bytes).size();
  for (std::size_t at = kFrameAlignment; at < end; at += kFrameAlignment) {
    if (frame_at(segment, offset + at, bytes.substr(at))) return true;
  }
  return false;
}

}  // namespace

Spool::Spool(std::unique_ptr<Folder> folder, const SpoolOptions& options, std::string salt)
    : options_(options), folder_(std::move(folder)), salt_(std::move(salt)) {}

Result<std::unique_ptr<Spool>> Spool::open(std::unique_ptr<Folder> folder, const SpoolOptions& options,
                                           Random& random) {
  std::unique_ptr<Spool> spool(new Spool(std::move(folder), options, random.bytes(kSaltBytes)));
  const std::lock_guard lock(spool->mutex_);
  if (Status loaded = spool->load(); !loaded) {
    // What could not be read is left as it is, also by the destructor.
    spool->stats_.refusing = true;
    return std::unexpected(std::move(loaded).error());
  }
  return spool;
}

Spool::~Spool() {
  const std::lock_guard lock(mutex_);
  if (stats_.refusing || !active_ || segments_.back().rows == 0) return;
  if (end_segment()) static_cast<void>(begin_segment());
}

std::unexpected<Error> Spool::damaged(std::uint64_t number, std::uint64_t offset, std::string_view what) const {
  return fail(
      ErrorCode::kCorrupt,
      "the spool's file {} is damaged at byte {}: {}. It holds deliveries that were acknowledged; restore it, or "
      "move it elsewhere and start again without them",
      folder_->name_of(segment_file(number)), offset, what);
}

Result<std::vector<std::uint64_t>> Spool::list_segments() {
  ASSIGN_OR_RETURN(const std::vector<std::string> files, folder_->list());
  std::vector<std::uint64_t> numbers;
  for (const std::string& file : files) {
    if (const auto number = segment_number(file)) {
      numbers.push_back(*number);
    } else if (file.ends_with(kKeptEnding)) {
      ASSIGN_OR_RETURN(const auto kept, folder_->open(file));
      ASSIGN_OR_RETURN(const std::uint64_t bytes, kept->size());
      stats_.kept_bytes += bytes;
    }
  }
  stats_.bytes = stats_.kept_bytes;
  std::ranges::sort(numbers);
  return numbers;
}

Status Spool::load() {
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> numbers, list_segments());
  for (const std::uint64_t number : numbers) {
    if (number != numbers.front() && number != next_number_) return damaged(next_number_, 0, "it is missing");
    next_number_ = number + 1;
    RETURN_IF_ERROR(load_segment(number, number == numbers.back()));
  }
  if (segments_.empty()) return {};
  delivered_to_ = SegmentHeader::kBytes;
  stats_.oldest = segments_.front().first_received_at;
  if (active_) return {};
  // From here any damage to what was read is recognised. Where there is no room, the first append tries it again.
  if (Status begun = begin_segment(); !begun && stats_.refusing) return begun;
  return {};
}

Status Spool::load_segment(std::uint64_t number, bool is_last) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, folder_->open(segment_file(number)));
  ASSIGN_OR_RETURN(const std::uint64_t file_bytes, file->size());
  if (file_bytes > kSegmentFileBytesMax) return damaged(number, kSegmentFileBytesMax, "no segment is that long");
  ASSIGN_OR_RETURN(const std::string content, file->read(0, file_bytes));
  const auto header = unpack_header(content);
  if (!header) {
    return fail(header.error().code, "the spool's file {} cannot be read: {}", folder_->name_of(segment_file(number)),
                header.error().message);
  }
  if (!*header) {
    if (is_last && content.size() <= SegmentHeader::kBytes) return drop_unborn(number);
    return damaged(number, 0, "its header does not match its checksum");
  }
  Segment segment{**header, SegmentHeader::kBytes, 0, {}};
  if (segment.header.number != number) return damaged(number, 0, "its header belongs to another file");
  if (!segments_.empty() && segments_.back().bytes != segment.header.previous_bytes) {
    return damaged(number - 1, segments_.back().bytes,
                   fmt::format("{} bytes were written", segment.header.previous_bytes));
  }
  RETURN_IF_ERROR(load_frames(segment, content, is_last));
  if (is_last && file_bytes > segment.bytes) {
    stats_.cut_bytes = written_part(std::string_view(content).substr(segment.bytes)).size();
    RETURN_IF_ERROR(file->truncate(segment.bytes));
    RETURN_IF_ERROR(file->sync());
  }
  stats_.bytes += segment.bytes;
  stats_.rows += segment.rows;
  if (is_last && segment.rows == 0) active_ = std::move(file);
  segments_.push_back(std::move(segment));
  return {};
}

Status Spool::load_frames(Segment& segment, std::string_view content, bool is_last) {
  while (segment.bytes < content.size()) {
    const std::string_view rest = content.substr(segment.bytes);
    const auto frame = frame_at(segment.header, segment.bytes, rest);
    if (!frame) {
      // The last frame of the last file may have been written when the power went: nobody was told that it is safe.
      if (is_last && !any_frame_after(segment.header, segment.bytes, rest)) return {};
      return damaged(segment.header.number, segment.bytes, "a frame does not match its checksum");
    }
    const auto rows = writer_.unpack(*frame);
    if (!rows) return damaged(segment.header.number, segment.bytes, rows.error().message);
    for (const Delivery& row : *rows) {
      ids_.add(IdKey::of(row), checksum64(row.body));
      if (!segment.first_received_at) segment.first_received_at = row.received_at;
    }
    segment.rows += frame->rows;
    segment.bytes += frame->bytes;
  }
  return {};
}

/// A file whose header never reached the disk holds nothing.
Status Spool::drop_unborn(std::uint64_t number) {
  RETURN_IF_ERROR(folder_->remove(segment_file(number)));
  RETURN_IF_ERROR(folder_->sync());
  next_number_ = number;
  return {};
}

std::optional<Appended> Spool::waiting(const IdKey& key, std::uint64_t body) const {
  const auto known = ids_.find(key);
  if (!known) return std::nullopt;
  return Appended{*known == body ? Appended::Outcome::kDuplicate : Appended::Outcome::kConflict, {}};
}

std::optional<Appended> Spool::find(const Delivery& delivery) const {
  const IdKey key = IdKey::of(delivery);
  const std::uint64_t body = checksum64(delivery.body);
  const std::lock_guard lock(mutex_);
  return waiting(key, body);
}

Result<std::vector<Appended>> Spool::append(std::span<const Delivery> batch) {
  const std::lock_guard lock(mutex_);
  std::vector<IdKey> keys;
  std::vector<const Delivery*> fresh;
  std::vector<Appended> outcomes = sort_out(batch, keys, fresh);
  if (fresh.empty()) return outcomes;
  if (Status stored = store(fresh); !stored) {
    for (const IdKey& key : keys) ids_.remove(key);
    return std::unexpected(std::move(stored).error());
  }
  return outcomes;
}

/// Adds the ids of what is `fresh` to the index, so that the batch's own repetitions are found, too.
std::vector<Appended> Spool::sort_out(std::span<const Delivery> batch, std::vector<IdKey>& keys,
                                      std::vector<const Delivery*>& fresh) {
  std::vector<Appended> outcomes;
  outcomes.reserve(batch.size());
  for (const Delivery& delivery : batch) {
    const IdKey key = IdKey::of(delivery);
    const std::uint64_t body = checksum64(delivery.body);
    if (const auto known = waiting(key, body)) {
      outcomes.push_back(*known);
      continue;
    }
    ids_.add(key, body);
    keys.push_back(key);
    fresh.push_back(&delivery);
    outcomes.push_back({Appended::Outcome::kSpooled, {}});
  }
  return outcomes;
}

Status Spool::store(std::span<const Delivery* const> rows) {
  if (stats_.refusing) {
    return fail(ErrorCode::kIo,
                "an earlier write to the spool failed, so it takes nothing more; check the disk, then restart");
  }
  RETURN_IF_ERROR(check_room(0));
  if (!active_) RETURN_IF_ERROR(begin_segment());
  buffer_.clear();
  writer_.pack(segments_.back().header, segments_.back().bytes, rows, buffer_);
  RETURN_IF_ERROR(check_room(buffer_.size()));
  if (segments_.back().rows > 0 && segments_.back().bytes + buffer_.size() > options_.segment_bytes) {
    RETURN_IF_ERROR(end_segment());
    RETURN_IF_ERROR(begin_segment());
    buffer_.clear();
    writer_.pack(segments_.back().header, segments_.back().bytes, rows, buffer_);
  }
  RETURN_IF_ERROR(write(buffer_));
  // From here the rows are on stable storage.
  Segment& segment = segments_.back();
  if (stats_.rows == 0) stats_.oldest = rows.front()->received_at;
  if (segment.rows == 0) segment.first_received_at = rows.front()->received_at;
  segment.bytes += buffer_.size();
  segment.rows += rows.size();
  stats_.bytes += buffer_.size();
  stats_.rows += rows.size();
  return {};
}

Status Spool::write(std::string_view frames) {
  const std::uint64_t end = segments_.back().bytes;
  Status written;
  if (!preallocated_) written = active_->preallocate(std::max(options_.segment_bytes, end + frames.size()));
  if (written) {
    preallocated_ = true;
    written = active_->write(end, frames);
  }
  if (!written) {
    if (written.error().code != ErrorCode::kLimit) return broken(written.error());
    preallocated_ = false;
    if (Status undone = active_->truncate(end); !undone) return broken(undone.error());
    return no_room(written.error());
  }
  if (Status synced = active_->sync(); !synced) return broken(synced.error());
  return {};
}

Status Spool::check_room(std::uint64_t more_bytes) const {
  // The batch's ids are in the index already.
  if (stats_.bytes + more_bytes <= options_.bytes_max && ids_.size() <= options_.rows_max) return {};
  return fail(ErrorCode::kUnavailable,
              "the store is away and the spool is full: {} deliveries wait in {} bytes (at most {} and {}); try again "
              "when the store is back, or raise spool.max_bytes",
              stats_.rows, stats_.bytes, options_.rows_max, options_.bytes_max);
}

Status Spool::begin_segment() {
  Segment segment;
  segment.header = {next_number_, checksum64(salt_ + std::to_string(next_number_)),
                    segments_.empty() ? 0 : segments_.back().bytes};
  segment.bytes = SegmentHeader::kBytes;
  const std::string name = segment_file(next_number_);
  auto file = folder_->create(name);
  if (!file) return file.error().code == ErrorCode::kLimit ? no_room(file.error()) : std::unexpected(file.error());
  if (Status written = (*file)->write(0, pack_header(segment.header)); !written) {
    if (written.error().code != ErrorCode::kLimit || !folder_->remove(name)) return broken(written.error());
    return no_room(written.error());
  }
  if (Status synced = (*file)->sync(); !synced) return broken(synced.error());
  if (Status synced = folder_->sync(); !synced) return broken(synced.error());
  ++next_number_;
  active_ = *std::move(file);
  preallocated_ = false;
  if (segments_.empty()) delivered_to_ = SegmentHeader::kBytes;
  stats_.bytes += segment.bytes;
  segments_.push_back(segment);
  return {};
}

/// The next header says how long this segment is, so that must be so on the disk, too.
Status Spool::end_segment() {
  if (Status cut = active_->truncate(segments_.back().bytes); !cut) return broken(cut.error());
  if (Status synced = active_->sync(); !synced) return broken(synced.error());
  active_.reset();
  return {};
}

std::unexpected<Error> Spool::no_room(const Error& error) const {
  return fail(ErrorCode::kIo, "the disk of the spool is full: {}", error.message);
}

/// A sync that failed once must never be tried again: the operating system may have thrown the pages away and would
/// then report success. After another failed write nobody knows what the file holds.
std::unexpected<Error> Spool::broken(const Error& error) {
  stats_.refusing = true;
  return fail(ErrorCode::kIo, "the spool takes nothing more until a restart: {}", error.message);
}

Result<Spool::Batch> Spool::next(std::size_t rows_max, std::size_t bytes_max) {
  Batch batch;
  SegmentHeader header;
  std::uint64_t segment_end = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stats_.rows == 0) return batch;
    header = segments_.front().header;
    batch.end = delivered_to_;
    segment_end = segments_.front().bytes;
  }
  batch.segment = header.number;
  // Nobody but us removes the file, and what is acknowledged of it does not change.
  ASSIGN_OR_RETURN(const auto file, folder_->open(segment_file(header.number)));
  std::size_t bytes = 0;
  for (std::uint64_t read_bytes : {kReadBytes, segment_end}) {
    ASSIGN_OR_RETURN(const std::string content, file->read(batch.end, std::min(read_bytes, segment_end - batch.end)));
    std::string_view rest = content;
    while (const auto frame = frame_at(header, batch.end, rest)) {
      bytes += frame->raw_bytes;
      const bool too_much = batch.deliveries.size() + frame->rows > rows_max || bytes > bytes_max;
      if (too_much && !batch.deliveries.empty()) break;
      auto rows = reader_.unpack(*frame);
      if (!rows) return damaged(header.number, batch.end, rows.error().message);
      std::ranges::move(*rows, std::back_inserter(batch.deliveries));
      batch.end += frame->bytes;
      rest.remove_prefix(frame->bytes);
    }
    if (!batch.deliveries.empty()) break;
  }
  if (batch.deliveries.empty()) return damaged(header.number, batch.end, "a frame does not match its checksum");
  const std::lock_guard lock(mutex_);
  stats_.oldest = batch.deliveries.front().received_at;
  return batch;
}

Status Spool::delivered(const Batch& batch, bool set_aside) {
  std::vector<IdKey> keys;
  keys.reserve(batch.deliveries.size());
  for (const Delivery& delivery : batch.deliveries) keys.push_back(IdKey::of(delivery));
  const std::lock_guard lock(mutex_);
  CHECK(!segments_.empty() && segments_.front().header.number == batch.segment);
  delivered_to_ = batch.end;
  delivered_ids_.insert(delivered_ids_.end(), keys.begin(), keys.end());
  set_aside_ |= set_aside;
  stats_.rows -= batch.deliveries.size();
  if (stats_.rows == 0) stats_.oldest.reset();
  return delivered_to_ == segments_.front().bytes ? finish_front() : Status();
}

/// All of the first segment was acknowledged by the journal. A spool that refuses leaves its files as they are: then
/// they are delivered once more after the restart, which changes nothing.
Status Spool::finish_front() {
  const Segment done = segments_.front();
  const bool keep = std::exchange(set_aside_, false);
  const std::vector<IdKey> ids = std::exchange(delivered_ids_, {});
  if (segments_.size() == 1) active_.reset();
  segments_.pop_front();
  delivered_to_ = SegmentHeader::kBytes;
  if (stats_.rows > 0) stats_.oldest = segments_.front().first_received_at;
  if (stats_.refusing) return {};

  const std::string file = segment_file(done.header.number);
  std::string kept = file;
  kept.replace(kNumberChars, std::string::npos, kKeptEnding);
  Status gone = keep ? folder_->rename(file, kept) : folder_->remove(file);
  if (gone) gone = folder_->sync();
  if (!gone) return broken(gone.error());
  // From here the journal alone knows these ids.
  for (const IdKey& id : ids) ids_.remove(id);
  (keep ? stats_.kept_bytes : stats_.bytes) += keep ? done.bytes : -done.bytes;
  return {};
}

Spool::Stats Spool::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace fairlead::store::spool
