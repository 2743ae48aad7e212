#include "app/git_delivery.h"

#include <boost/json/parse.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "api/verified_delivery.h"
#include "sources/events.h"

namespace fairlead::app {
namespace {

std::unexpected<Error> rejected(std::string_view reason) {
  return fail(ErrorCode::kInvalid, "an event of this history is not valid: {}", reason);
}

Result<Delivery> delivery_of(std::string body, const Clock& clock) {
  ASSIGN_OR_RETURN(const sources::EventBatch checked, sources::check_events(body, true));
  if (!checked.rejected.empty()) return rejected(checked.rejected.front().error);
  std::string id = api::events_delivery_id({}, {}, body);
  return api::verified_events(std::move(id), std::move(body), clock.now()).take();
}

bool is_new(const store::Appended& appended) {
  return appended.outcome == store::Appended::Outcome::kStored ||
         appended.outcome == store::Appended::Outcome::kSpooled;
}

Result<bool> append(store::Journal& journal, const Clock& clock, std::string body) {
  ASSIGN_OR_RETURN(const Delivery delivery, delivery_of(std::move(body), clock));
  ASSIGN_OR_RETURN(const auto appended, journal.append({&delivery, 1}));
  journal.settle();
  return is_new(appended.front());
}

/// What became of one delivery; shared with the engine, which may answer after nobody waits any more.
class Outcome {
 public:
  void set(Result<store::Appended> result) {
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    changed_.notify_all();
  }
  Result<store::Appended> await(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return result_.has_value(); })) return stopped();
    return *result_;
  }
  /// Returns after `time`, or once `stop` is asked for.
  static void pause(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stop, time, [] { return false; });
  }
  static std::unexpected<Error> stopped() { return fail(ErrorCode::kUnavailable, "the import was told to stop"); }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::optional<Result<store::Appended>> result_;
};

/// A full queue empties as fast as the disk takes it; one that stays full for as long as this is no passing load.
constexpr int kFullQueueTries = 600;
constexpr std::chrono::milliseconds kFullQueuePause{100};

Result<bool> submit(engine::Engine& engine, const Delivery& delivery, const std::stop_token& stop,
                    JournalPosition& last) {
  for (int tries = 1; !stop.stop_requested(); ++tries) {
    const auto outcome = std::make_shared<Outcome>();
    engine.submit(delivery, [outcome](Result<store::Appended> result) { outcome->set(std::move(result)); });
    const Result<store::Appended> appended = outcome->await(stop);
    if (appended) {
      if (appended->position.sequence != 0) last = appended->position;
      return is_new(*appended);
    }
    if (appended.error().code != ErrorCode::kUnavailable || tries == kFullQueueTries) {
      return std::unexpected(appended.error());
    }
    Outcome::pause(kFullQueuePause, stop);
  }
  return Outcome::stopped();
}

Result<bool> post(const ControlClient& server, const std::string& body) {
  ASSIGN_OR_RETURN(const std::string text, server.call("POST", "/api/v1/events", body, "application/x-ndjson"));
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(text, error);
  const auto* const object = answer.if_object();
  const auto* const accepted = object ? object->if_contains("accepted") : nullptr;
  const auto* const refused = object ? object->if_contains("rejected") : nullptr;
  if (error || !accepted || !accepted->is_int64() || !refused || !refused->is_array()) {
    return fail(ErrorCode::kUnavailable, "the server's answer cannot be read");
  }
  if (!refused->get_array().empty()) return rejected("the server rejected it; is it older than this program?");
  return accepted->get_int64() > 0;
}

}  // namespace

imports::SendBatch into_journal(store::Journal& journal, const Clock& clock) {
  return [&journal, &clock](std::string body) { return append(journal, clock, std::move(body)); };
}

imports::SendBatch into_engine(engine::Engine& engine, const Clock& clock, std::stop_token stop,
                               JournalPosition& last) {
  return [&engine, &clock, stop = std::move(stop), &last](std::string body) -> Result<bool> {
    ASSIGN_OR_RETURN(const Delivery delivery, delivery_of(std::move(body), clock));
    return submit(engine, delivery, stop, last);
  };
}

imports::SendBatch through_server(const ControlClient& server) {
  return [&server](const std::string& body) { return post(server, body); };
}

}  // namespace fairlead::app
