// Any bytes as a delivery of GitHub. The first line names the event (and, after a space, the content type), the rest is
// the body.

#include <algorithm>

#include "base/check.h"
#include "sources/github.h"
#include "sources/testing/describe.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace fairlead;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view line = input.substr(0, input.find('\n'));
  const std::string_view event = line.substr(0, line.find(' '));
  Delivery delivery;
  delivery.source = SourceName{"github"};
  delivery.origin = Origin{"github.com"};
  delivery.headers = {{"x-github-event", std::string(event)},
                      {"content-type", std::string(line.substr(std::min(line.size(), event.size() + 1)))}};
  delivery.body = input.substr(std::min(input.size(), line.size() + 1));
  const Interpretation first = sources::github_source().interpret(delivery, Policy{});
  CHECK(first.outcome == Interpretation::Outcome::kAccepted || first.observations.empty());
  CHECK(first.outcome == Interpretation::Outcome::kAccepted || !first.reason.empty());
  for (const Observation& observation : first.observations) {
    const auto* entity = std::get_if<Entity>(&observation);
    CHECK(entity == nullptr || !identity_of(*entity).id.empty());
  }
  CHECK(sources::describe(sources::github_source().interpret(delivery, Policy{})) == sources::describe(first));
  return 0;
}
