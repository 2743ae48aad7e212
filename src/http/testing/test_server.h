#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "http/server.h"
#include "http/testing/raw_client.h"

namespace fairlead::http::testing {

/// Values that one thread hands to another; taking waits until there is one.
template <class T>
class Handover {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    there_.notify_all();
  }
  T take() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [this] { return !values_.empty(); });
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable there_;
  std::deque<T> values_;
};

/// A server on a free port of loopback with routes that show what a handler gets. Tests answer `/hold` and write to
/// `/events` themselves.
class TestServer {
 public:
  static constexpr std::size_t kEchoBytesMax = 1024 * 1024;
  static constexpr std::size_t kSmallBytesMax = 100;

  explicit TestServer(ServerOptions options = {}, Authorizer authorizer = allow_all(), Observer observer = {}) {
    if (options.listen.empty()) options.listen = {{"127.0.0.1", 0}};
    if (options.io_threads == 0) options.io_threads = 1;
    auto started = Server::start(std::move(options), routes(), std::move(authorizer), std::move(observer), clock);
    if (!started) {
      ADD_FAILURE() << started.error().message;
      std::abort();
    }
    server = std::move(*started);
  }

  std::uint16_t port() const {
    const std::string& url = server->urls().front();
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  RawClient client() const { return RawClient::tcp(port()); }

  static Authorizer allow_all() {
    return [](Request&, const Route&) { return std::optional<Response>(); };
  }

  ManualClock clock{Instant{784'111'777'000}};  // Sun, 06 Nov 1994 08:49:37 GMT
  Handover<std::pair<Request, Responder>> held;
  Handover<std::shared_ptr<Stream>> streams;
  Handover<int> closed_streams;
  std::unique_ptr<Server> server;  // last, because its threads use the others

 private:
  Router routes() {
    Router router;
    const auto add = [&](Method method, std::string pattern, RunOn run_on, std::size_t body_bytes_max,
                         Handler handler) {
      const Status added =
          router.add({method, std::move(pattern), Access::kOpen, run_on, body_bytes_max, std::move(handler)});
      if (!added) ADD_FAILURE() << added.error().message;
    };
    const auto echo = [](Request request, Responder respond) { respond(Response::text(200, std::move(request.body))); };
    add(Method::kGet, "/probe", RunOn::kConnection, 0,
        [](Request, Responder respond) { respond(Response::text(200, "ok")); });
    add(Method::kPost, "/echo", RunOn::kConnection, kEchoBytesMax, echo);
    add(Method::kPost, "/pool-echo", RunOn::kPool, kEchoBytesMax, echo);
    add(Method::kPost, "/small", RunOn::kConnection, kSmallBytesMax, echo);
    add(Method::kPost, "/wire", RunOn::kConnection, kEchoBytesMax,
        [](Request request, Responder respond) { respond(Response::text(200, std::string(request.wire_body()))); });
    add(Method::kGet, "/items/{name}", RunOn::kConnection, 0,
        [](Request request, Responder respond) { respond(Response::text(200, request.path_parameters.at(0))); });
    add(Method::kDelete, "/items/{name}", RunOn::kConnection, kSmallBytesMax,
        [](Request, Responder respond) { respond(Response::no_content()); });
    add(Method::kGet, "/seen", RunOn::kConnection, 0,
        [](Request request, Responder respond) { respond(Response::text(200, describe(request))); });
    add(Method::kGet, "/text/{bytes}", RunOn::kPool, 0, [](Request request, Responder respond) {
      respond(Response::text(200, std::string(std::stoul(request.path_parameters.at(0)), 'a')));
    });
    add(Method::kGet, "/hold", RunOn::kConnection, 0, [this](Request request, Responder respond) {
      held.put({std::move(request), std::move(respond)});
    });
    add(Method::kGet, "/events", RunOn::kConnection, 0, [this](Request, Responder respond) {
      Response response = Response::text(200, ": hello\n\n", "text/event-stream");
      response.on_stream = [this](std::shared_ptr<Stream> stream) { streams.put(std::move(stream)); };
      response.on_close = [this] { closed_streams.put(1); };
      respond(std::move(response));
    });
    add(Method::kGet, "/export", RunOn::kConnection, 0, [this](Request, Responder respond) {
      Response response = Response::text(200, "", "text/plain");
      response.on_stream = [this](std::shared_ptr<Stream> stream) { streams.put(std::move(stream)); };
      response.on_close = [this] { closed_streams.put(1); };
      response.stream_finishes = true;
      respond(std::move(response));
    });
    add(Method::kGet, "/throw", RunOn::kConnection, 0,
        [](Request, Responder) { throw std::runtime_error("on purpose"); });
    add(Method::kGet, "/drop", RunOn::kConnection, 0, [](Request, Responder) {});
    add(Method::kGet, "/bad-header", RunOn::kConnection, 0, [](Request, Responder respond) {
      Response response = Response::text(200, "x");
      response.headers.emplace_back("Location", "/a\r\nSet-Cookie: stolen=1");
      respond(std::move(response));
    });
    return router;
  }

  static std::string describe(const Request& request) {
    std::string text = "path=" + request.path + "\naddress=" + request.remote_address +
                       "\nsecure=" + (request.secure ? "yes" : "no") +
                       "\ncontrol=" + (request.local_control ? "yes" : "no") + "\nid=" + request.id + "\n";
    for (const auto& [name, value] : request.query) text += "query " + name + "=" + value + "\n";
    for (const auto& [name, value] : request.headers) {
      if (name.starts_with("fairlead-")) text += "header " + name + "=" + value + "\n";
    }
    return text;
  }
};

inline std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) + "\r\n";
}

inline std::string post(std::string_view target, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace fairlead::http::testing
