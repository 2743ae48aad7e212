#include "api/live_streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/limits.h"

namespace fairlead::api {
namespace {

/// What clients at one position get next.
struct Step {
  std::string text;
  std::uint64_t position = 0;
};

Step next_step(const engine::LiveHub& hub, std::uint64_t position) {
  const engine::LiveHub::Batch batch = hub.after(position, LiveStreams::kBatchEvents);
  Step step{{}, batch.last_id};
  if (batch.resync) {
    step.text = fmt::format("id: {}\nevent: resync\ndata: {{\"last_id\":{}}}\n\n", batch.last_id, batch.last_id);
    return step;
  }
  for (const engine::LiveEvent& event : batch.events) step.text += format_event(event);
  return step;
}

}  // namespace

std::string format_event(const engine::LiveEvent& event) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.kind, event.json);
}

LiveStreams::LiveStreams(engine::LiveHub& hub, Duration heartbeat)
    : hub_(&hub), heartbeat_(heartbeat), thread_([this] { run(); }) {
  auto subscription = hub.subscribe([this] {
    {
      const std::lock_guard lock(mutex_);
      nudged_ = true;
    }
    changed_.notify_one();
  });
  // Without a place at the hub (a test's doing) clients are still served at each heartbeat.
  if (subscription) subscription_ = *std::move(subscription);
}

LiveStreams::~LiveStreams() {
  stop();
}

http::Response LiveStreams::open(std::string owner, std::optional<std::uint64_t> last_event_id,
                                 std::function<bool()> allowed) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || admitted_ >= limits::kLiveSubscribersMax) {
      http::Response full = http::problem(503, "Service Unavailable", "Too many live streams are open already.");
      full.headers.emplace_back("Retry-After", "5");
      return full;
    }
    ++admitted_;
  }
  auto client = std::make_shared<Client>();
  client->owner = std::move(owner);
  client->allowed = std::move(allowed);
  client->position = last_event_id.value_or(hub_->last_id());

  http::Response response;
  response.headers = {{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      {"X-Accel-Buffering", "no"}};  // or nginx gathers events instead of passing them on
  response.on_stream = [this, client](std::shared_ptr<http::Stream> stream) {
    stream->write(fmt::format("retry: 2000\nid: {}\nevent: ready\ndata: {{\"last_id\":{}}}\n\n", client->position,
                              client->position));
    client->stream = std::move(stream);
    bool late = false;
    {
      const std::lock_guard lock(mutex_);
      late = stopping_;
      if (!late) clients_.push_back(client);
      nudged_ = true;  // what was published between `open` and now
    }
    if (late) return client->stream->close();
    changed_.notify_one();
  };
  response.on_close = [this, client] { forget(client.get()); };
  return response;
}

void LiveStreams::close_of(std::string_view owner) {
  std::vector<std::shared_ptr<Client>> theirs;
  {
    const std::lock_guard lock(mutex_);
    std::ranges::copy_if(clients_, std::back_inserter(theirs), [&](const auto& one) { return one->owner == owner; });
  }
  for (const auto& client : theirs) client->stream->close();
}

std::size_t LiveStreams::clients() const {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

void LiveStreams::stop() {
  subscription_.reset();
  std::vector<std::shared_ptr<Client>> clients;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    clients = clients_;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (const auto& client : clients) client->stream->close();
}

void LiveStreams::forget(const Client* client) {
  const std::lock_guard lock(mutex_);
  --admitted_;
  std::erase_if(clients_, [client](const auto& one) { return one.get() == client; });
}

void LiveStreams::run() {
  const auto interval = std::chrono::milliseconds(heartbeat_.ms);
  auto next_heartbeat = std::chrono::steady_clock::now() + interval;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_until(lock, next_heartbeat, [this] { return nudged_ || stopping_; });
    nudged_ = false;
    const std::vector<std::shared_ptr<Client>> clients = clients_;
    lock.unlock();
    deliver(clients);
    if (std::chrono::steady_clock::now() >= next_heartbeat) {
      beat(clients);
      next_heartbeat = std::chrono::steady_clock::now() + interval;
    }
    lock.lock();
  }
}

void LiveStreams::beat(const std::vector<std::shared_ptr<Client>>& clients) {
  for (const auto& client : clients) {
    if (client->allowed && !client->allowed()) {
      client->stream->close();
    } else {
      client->stream->write(": heartbeat\n\n");
    }
  }
}

void LiveStreams::deliver(const std::vector<std::shared_ptr<Client>>& clients) {
  // Nearly all clients stand at the same place, so each step is made once.
  std::map<std::uint64_t, Step> steps;
  bool moved = true;
  while (moved) {
    moved = false;
    for (const auto& client : clients) {
      auto found = steps.find(client->position);
      if (found == steps.end()) found = steps.emplace(client->position, next_step(*hub_, client->position)).first;
      const Step& step = found->second;
      if (step.text.empty() || step.position == client->position) continue;
      client->position = step.position;
      // A client that is gone or too slow says so here and is closed by the server, which then calls `forget`.
      static_cast<void>(client->stream->write(step.text));
      moved = true;
    }
  }
}

}  // namespace fairlead::api
