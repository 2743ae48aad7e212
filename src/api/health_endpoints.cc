#include "api/health_endpoints.h"

#include "api/problems.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

Endpoint open_endpoint(std::string pattern, std::string_view id, std::string_view summary, std::vector<Reply> replies,
                       http::Handler handler) {
  return {{http::Method::kGet, std::move(pattern), http::Access::kOpen, http::RunOn::kConnection, limits::kBodyBytesMax,
           std::move(handler)},
          id,
          "health",
          summary,
          {},
          {},
          {},
          std::move(replies)};
}

http::Response readiness(const Context& context) {
  if (context.engine.stats().storage_failed) {
    return unavailable("A sync to disk failed, so nothing is taken any more. Look at the disk, then restart.", 30);
  }
  return http::Response::json(200, R"({"status":"ready"})");
}

}  // namespace

void add_health_endpoints(Endpoints& endpoints, Context& context, Exposition& exposition) {
  endpoints.push_back(open_endpoint("/healthz", "getHealthz", "Whether the process answers.",
                                    {{200, "It does.", "Health"}}, [](const http::Request&, http::Responder responder) {
                                      responder(http::Response::json(200, R"({"status":"ok"})"));
                                    }));
  endpoints.push_back(
      open_endpoint("/readyz", "getReadyz", "Whether deliveries are taken.",
                    {{200, "They are.", "Health"}, {503, "They are not.", "Problem", http::kProblemType}},
                    [&context](const http::Request&, http::Responder responder) { responder(readiness(context)); }));
  endpoints.push_back(open_endpoint(
      "/health", "getHealth", "The same as /healthz for probes that expect an object.",
      {{200, "An empty object.", "Empty"}},
      [](const http::Request&, http::Responder responder) { responder(http::Response::json(200, "{}")); }));
  Endpoint metrics =
      open_endpoint("/metrics", "getMetrics", "Everything for Prometheus.",
                    {{200, "Text exposition format 0.0.4.", "", "text/plain"}},
                    [&exposition](const http::Request&, http::Responder responder) {
                      const Result<std::string> text = exposition.text();
                      responder(text ? http::Response::text(200, *text, "text/plain; version=0.0.4; charset=utf-8")
                                     : problem_of(text.error()));
                    });
  metrics.route.run_on = http::RunOn::kPool;
  if (context.options.metrics == MetricsAccess::kToken) metrics.route.access = http::Access::kViewer;
  endpoints.push_back(std::move(metrics));
}

}  // namespace fairlead::api
