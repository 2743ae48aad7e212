#include "system/harness/writers.h"

#include <fmt/format.h>

#include <stdexcept>

#include "system/harness/api_client.h"

namespace fairlead::system_test {

Writers::Writers(std::uint16_t port, const std::string& token, int clients, std::uint64_t events_max)
    : events_max_(events_max) {
  for (int i = 0; i < clients; ++i) threads_.emplace_back([this, port, token, i] { run(port, token, i); });
}

Writers::~Writers() {
  stop();
}

void Writers::run(std::uint16_t port, const std::string& token, int number) {
  ApiClient api(port, token);
  for (int next = 0; !stopping_ && begun_++ < events_max_; ++next) {
    const std::string body = deployment_event(fmt::format("c{}-{}", number, next));
    const HttpResponse response = api.post_events(body);
    if (response.status != 200) throw std::runtime_error(fmt::format("{}: {}", response.status, response.body));
    {
      const std::lock_guard lock(mutex_);
      acknowledged_[response.header("fairlead-sequence")] = body;
    }
    ++count_;
    count_.notify_all();
  }
}

void Writers::await(std::uint64_t count) const {
  for (std::uint64_t seen = count_; seen < count; seen = count_) count_.wait(seen);
}

void Writers::stop() {
  stopping_ = true;
  join();
}

void Writers::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace fairlead::system_test
