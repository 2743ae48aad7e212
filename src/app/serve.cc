#include "app/serve.h"

#include <spdlog/spdlog.h>

#include <cstdio>

#include "api/api.h"
#include "app/data_folder.h"
#include "app/demo_world.h"
#include "app/first_admin.h"
#include "app/git_imports.h"
#include "app/journal_address.h"
#include "app/stop_signals.h"
#include "app/stores.h"
#include "app/version.h"
#include "app/weak_settings.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "http/server.h"

namespace fairlead::app {
namespace {

/// A stop takes at most ten seconds: this much for requests under way, the rest for what is queued.
constexpr int kRequestsStopTimeoutMs = 8'000;

api::ApiOptions api_options(const Config& config, Showing showing) {
  api::ApiOptions options;
  options.anonymous = config.anonymous;
  options.anonymous_hosts = config.anonymous_hosts;
  options.metrics = config.metrics;
  options.sessions = config.sessions;
  options.hooks = config.hooks;
  options.teams = config.teams;
  options.base_path = config.base_path;
  options.version = kVersion;
  options.simulated_by_default = showing == Showing::kDemo;
  options.data_folder = config.data;
  options.settings = weak_settings(config);
  options.shared_store = is_postgres(config.store);
  return options;
}

Result<http::ServerOptions> server_options(const Config& config, const ControlSocket& control) {
  http::ServerOptions options;
  for (const std::string& text : config.listen) {
    ASSIGN_OR_RETURN(http::Endpoint endpoint, http::parse_endpoint(text));
    options.listen.push_back(std::move(endpoint));
  }
  options.control_socket = control.path();
  options.tls_certificate = config.tls_certificate;
  options.tls_key = config.tls_key;
  options.trusted_proxies = config.trusted_proxies;
  options.base_path = config.base_path;
  options.stop_timeout_ms = kRequestsStopTimeoutMs;
  options.on_failure = [](const std::string& what) { spdlog::error("{}", what); };
  return options;
}

/// Everything that is expected of a started server on standard output: what scripts wait for.
void announce(const http::Server& server) {
  for (const std::string& url : server.urls()) std::printf("listening on %s\n", url.c_str());
  std::fflush(stdout);
}

}  // namespace

Status serve(const Config& config, const Environment& environment, Showing showing) {
  StopSignals signals;
  RETURN_IF_ERROR(check_admin_password(environment));
  ASSIGN_OR_RETURN(const DataFolder folder, DataFolder::hold(config.data, DataFolder::Missing::kCreate));
  ASSIGN_OR_RETURN(store::Stores stores, open_stores(config, folder.path()));

  const SystemClock clock;
  SystemRandom random;
  ASSIGN_OR_RETURN(const auto engine, engine::Engine::start(std::move(stores), config.policy, clock));
  std::unique_ptr<DemoWorld> demo;
  if (showing == Showing::kDemo) {
    ASSIGN_OR_RETURN(const JournalAddress store, parse_journal_address(config.store, folder.path()));
    ASSIGN_OR_RETURN(demo, DemoWorld::start(*engine, store, folder.path(), clock));
    std::printf("%s\n", demo->summary().c_str());
  }
  // Before anybody can rely on the server: where this fails, it does not start.
  ASSIGN_OR_RETURN(const auto password_file,
                   ensure_first_admin(engine->journal(), folder.path(), environment, clock, random));
  GitImports imports(*engine, config, clock, random);
  api::ApiOptions its_options = api_options(config, showing);
  its_options.imports = &imports;
  api::Api api(*engine, std::move(its_options), clock, random);
  ASSIGN_OR_RETURN(http::Router router, api.make_router());

  // The folder is ours, so a socket that lies there is what a killed server left.
  ASSIGN_OR_RETURN(const ControlSocket control, ControlSocket::in(folder.path()));
  std::error_code ignored;
  std::filesystem::remove(control.path(), ignored);
  ASSIGN_OR_RETURN(http::ServerOptions options, server_options(config, control));
  ASSIGN_OR_RETURN(const auto server,
                   http::Server::start(std::move(options), std::move(router), api.authorizer(), api.observer(), clock));
  announce(*server);

  if (password_file) {
    std::printf("the password of the user admin is in %s\n", password_file->c_str());
    std::fflush(stdout);
  }
  signals.wait();

  signals.release();
  if (demo) demo->stop();
  imports.stop();
  api.stop();
  server->stop();
  engine->stop();
  std::filesystem::remove(control.path(), ignored);
  return {};
}

}  // namespace fairlead::app
