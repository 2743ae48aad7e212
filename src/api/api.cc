#include "api/api.h"

#include "api/context.h"
#include "api/endpoint_table.h"
#include "api/token_watch.h"
#include "base/check.h"

namespace fairlead::api {

struct Api::Impl {
  Impl(engine::Engine& engine, ApiOptions options, const Clock& clock, Random& random)
      : context(engine, std::move(options), clock, random), exposition(context) {}

  Context context;
  Exposition exposition;
  std::unique_ptr<TokenWatch> token_watch;  ///< Only where others write tokens, too.
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
  if (impl_->context.options.shared_store) {
    impl_->token_watch = std::make_unique<TokenWatch>(
        impl_->context.tokens, [this](const std::string& id) { impl_->context.streams.close_of(id); });
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
  impl_->context.streams.stop();
  impl_->context.gate.stop();
}

}  // namespace fairlead::api
