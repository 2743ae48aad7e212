#include "api/read_gate.h"

#include <charconv>

#include "api/authorizer.h"

namespace fairlead::api {
namespace {

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string format_position(JournalPosition position) {
  if (position.lane == 0) return std::to_string(position.sequence);
  return fmt::format("{}.{}", position.lane, position.sequence);
}

std::optional<JournalPosition> parse_position(std::string_view text) {
  JournalPosition position;
  if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
    const auto lane = whole_number<std::uint32_t>(text.substr(0, dot));
    if (!lane) return std::nullopt;
    position.lane = *lane;
    text.remove_prefix(dot + 1);
  }
  const auto sequence = whole_number<std::uint64_t>(text);
  if (!sequence) return std::nullopt;
  position.sequence = *sequence;
  return position;
}

/// One read that waits, for one position or for one in each of several lanes.
struct ReadGate::Waiting {
  Waiting(ReadGate& its_gate, Read its_read, std::size_t positions)
      : gate(its_gate), read(std::move(its_read)), missing(positions) {}

  ReadGate& gate;
  Read read;
  std::atomic<std::size_t> missing;
  std::atomic<bool> late = false;

  void arrived(const std::shared_ptr<Waiting>& self, bool in_time) {
    if (!in_time) late = true;
    if (missing.fetch_sub(1) != 1) return;
    gate.waiting_.fetch_sub(1);
    std::function<void()> job = [self] { self->read(self->late ? Passed::kLate : Passed::kFresh); };
    // A stopped worker: the server is going down and nobody reads the answer any more.
    if (!gate.worker_.post(job)) read(Passed::kRefused);
  }
};

ReadGate::ReadGate(engine::Engine& engine, WrittenPositions& written, Duration limit)
    : engine_(&engine), written_(&written), limit_ms_(static_cast<int>(limit.ms)), worker_(kWaitingMax) {}

Status ReadGate::pass(const http::Request& request, Read read) {
  std::vector<JournalPosition> positions = written_->last(actor_of(request));
  if (const auto after = request.header("fairlead-after")) {
    const auto position = parse_position(*after);
    if (!position || position->lane >= engine_->journal().lanes()) {
      return fail(ErrorCode::kInvalid,
                  "the header Fairlead-After does not name a sequence that Fairlead-Sequence gave");
    }
    positions.push_back(*position);
  }
  std::erase_if(positions, [this](JournalPosition position) { return engine_->projected(position); });
  if (positions.empty()) {
    read(Passed::kFresh);
    return {};
  }
  if (waiting_.fetch_add(1) >= kWaitingMax) {
    waiting_.fetch_sub(1);
    read(Passed::kRefused);
    return {};
  }
  const auto waiting = std::make_shared<Waiting>(*this, std::move(read), positions.size());
  for (const JournalPosition position : positions) {
    engine_->when_projected(position, limit_ms_, [waiting](bool in_time) { waiting->arrived(waiting, in_time); });
  }
  return {};
}

std::uint64_t ReadGate::lag() const {
  const engine::EngineStats stats = engine_->stats();
  return stats.last_sequence - std::min(stats.last_sequence, stats.projected_sequence);
}

}  // namespace fairlead::api
