#include "api/api.h"

#include "api/context.h"
#include "api/endpoint_table.h"
#include "api/store_watch.h"
#include "base/check.h"

namespace fairlead::api {

struct Api::Impl {
  Impl(engine::Engine& engine, ApiOptions options, const Clock& clock, Random& random)
      : context(engine, std::move(options), clock, random), exposition(context) {}

  Context context;
  Exposition exposition;
  /// Only where others write tokens and sessions, too. Apart, so that each knows how long its own question takes.
  std::unique_ptr<StoreWatch> token_watch;
  std::unique_ptr<StoreWatch> session_watch;
  bool routed = false;
};

Api::Api(engine::Engine& engine, ApiOptions options, const Clock& clock, Random& random)
    : impl_(std::make_unique<Impl>(engine, std::move(options), clock, random)) {}

Api::~Api() {
  stop();
  impl_->context.logins.stop();
  impl_->context.long_work.stop();
}

Result<http::Router> Api::make_router() {
  CHECK(!impl_->routed);
  impl_->routed = true;
  for (const HookOptions& hook : impl_->context.options.hooks) {
    if (impl_->context.source(hook.source) == nullptr) {
      return fail(ErrorCode::kInvalid, "there is no source '{}': the sources are {}", hook.source,
                  source_names(impl_->context));
    }
  }
  RETURN_IF_ERROR(impl_->context.tokens.load());
  RETURN_IF_ERROR(impl_->context.sessions.refresh());
  if (impl_->context.options.shared_store) {
    Context& context = impl_->context;
    const auto gone = [&context](const std::string& owner) { context.streams.close_of(owner); };
    impl_->token_watch = std::make_unique<StoreWatch>([&context] { return context.tokens.refresh(); }, gone);
    impl_->session_watch = std::make_unique<StoreWatch>([&context] { return context.sessions.refresh(); }, gone);
  }
  http::Router router;
  for (Endpoint& endpoint : make_endpoints(impl_->context, impl_->exposition)) {
    RETURN_IF_ERROR(router.add(std::move(endpoint.route)));
  }
  impl_->context.durations.lay_out(router);
  return router;
}

http::Authorizer Api::authorizer() {
  return [this](http::Request& request, const http::Route& route) { return impl_->context.authorizer(request, route); };
}

http::Observer Api::observer() {
  return [this](const http::Route* route, const http::Request&, int status, double seconds) {
    impl_->context.durations.observe(route, status, seconds);
  };
}

void Api::stop() {
  if (impl_->token_watch) impl_->token_watch->stop();
  if (impl_->session_watch) impl_->session_watch->stop();
  impl_->context.streams.stop();
  impl_->context.gate.stop();
}

}  // namespace fairlead::api
