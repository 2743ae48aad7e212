#include "http/server.h"

#include <chrono>
#include <cstring>
#include <mutex>

#include "base/limits.h"
#include "base/random.h"
#include "http/call.h"
#include "http/http_limits.h"
#include "http/io_thread.h"
#include "http/listener.h"
#include "http/tls.h"

namespace fairlead::http {
namespace {

constexpr unsigned kPoolThreadsDefault = 2;
/// After the cut every connection only has to notice that its socket is closed.
constexpr auto kCutTime = std::chrono::seconds(1);

template <class T>
T or_default(T value, T fallback) {
  return value > 0 ? value : fallback;
}

std::uint64_t random_seed() {
  const std::string bytes = SystemRandom().bytes(sizeof(std::uint64_t));
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

Result<std::string> read_base_path(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  const bool plain = path.find_first_of("?#% \\{}") == std::string::npos && path.find("//") == std::string::npos;
  if (path.empty() || (path.starts_with('/') && plain)) return path;
  return fail(ErrorCode::kInvalid, "base_path '{}' must be a path such as /fairlead", path);
}

}  // namespace

struct Server::Impl {
  Service service;
  int stop_timeout_ms = 0;
  std::unique_ptr<boost::asio::ssl::context> tls;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::filesystem::path control_socket;  ///< Empty where there is none of ours to remove.
  std::vector<std::string> urls;
  std::once_flag stopped;

  Status configure(ServerOptions& options);
  Status bind(const ServerOptions& options);
  void stop();

  ~Impl() {
    stop();
    service.pool.reset();  // first of all: its tasks use the rest of the service
  }
};

Status Server::Impl::configure(ServerOptions& options) {
  ASSIGN_OR_RETURN(service.proxies, TrustedProxies::parse(options.trusted_proxies));
  ASSIGN_OR_RETURN(service.base_path, read_base_path(options.base_path));
  service.header_timeout_ms = or_default(options.header_timeout_ms, limits::kHeaderTimeoutMs);
  service.idle_timeout_ms = or_default(options.idle_timeout_ms, limits::kIdleTimeoutMs);
  service.write_timeout_ms = or_default(options.write_timeout_ms, limits::kWriteStallTimeoutMs);
  service.stream_queue_bytes_max = or_default(options.stream_queue_bytes_max, limits::kStreamQueueBytesMax);
  service.on_failure = std::move(options.on_failure);
  service.connections = std::make_unique<ConnectionCount>(
      or_default(options.connections_max, limits::kConnectionsMax),
      or_default(options.connections_per_address_max, limits::kConnectionsPerAddressMax));
  stop_timeout_ms = options.stop_timeout_ms;
  if (!options.tls_certificate.empty() || !options.tls_key.empty()) {
    ASSIGN_OR_RETURN(tls, make_tls_context(options.tls_certificate, options.tls_key));
  }
  return {};
}

Status Server::Impl::bind(const ServerOptions& options) {
  const unsigned count = or_default(options.io_threads, std::max(1u, std::thread::hardware_concurrency()));
  for (unsigned i = 0; i < count; ++i) threads.push_back(std::make_unique<IoThread>(service, random_seed()));
  const auto kind = tls ? IoThread::Kind::kTls : IoThread::Kind::kPlain;
  for (const Endpoint& endpoint : options.listen) {
    ASSIGN_OR_RETURN(BoundEndpoint bound, bind_tcp(endpoint, count));
    urls.push_back((tls ? "https://" : "http://") + to_string(bound.endpoint));
    for (unsigned i = 0; i < count; ++i) threads[i]->add_listener(std::move(bound.descriptors[i]), kind, tls.get());
  }
  if (!options.control_socket.empty()) {
    ASSIGN_OR_RETURN(Descriptor control, bind_control_socket(options.control_socket));
    control_socket = options.control_socket;
    threads.front()->add_listener(std::move(control), IoThread::Kind::kControl, nullptr);
  }
  return {};
}

void Server::Impl::stop() {
  std::call_once(stopped, [this] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(stop_timeout_ms);
    for (auto& thread : threads) thread->begin_stop();
    if (service.connections && !service.connections->wait_until_none(deadline)) {
      for (auto& thread : threads) thread->cut();
      service.connections->wait_until_none(std::chrono::steady_clock::now() + kCutTime);
    }
    if (service.pool) service.pool->stop();
    for (auto& thread : threads) thread->join();
    std::error_code ignored;
    if (!control_socket.empty()) std::filesystem::remove(control_socket, ignored);
  });
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Router router, Authorizer authorizer,
                                              Observer observer, const Clock& clock) {
  if (!authorizer) return fail(ErrorCode::kInvalid, "the server needs an authorizer");
  auto impl = std::make_unique<Impl>();
  impl->service.router = std::move(router);
  impl->service.authorizer = std::move(authorizer);
  impl->service.observer = std::move(observer);
  impl->service.clock = &clock;
  RETURN_IF_ERROR(impl->configure(options));
  RETURN_IF_ERROR(impl->bind(options));
  impl->service.pool = std::make_unique<Pool>(or_default(options.pool_threads, kPoolThreadsDefault));
  for (auto& thread : impl->threads) thread->start();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

const std::vector<std::string>& Server::urls() const {
  return impl_->urls;
}

std::size_t Server::connections() const {
  return impl_->service.connections->total();
}

void Server::stop() {
  impl_->stop();
}

}  // namespace fairlead::http
