#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/delivery.h"
#include "model/observation.h"
#include "model/policy.h"

namespace fairlead::sources {

/// Request headers as an adapter sees them: names in any case, looked up without case.
class Headers {
 public:
  using List = std::vector<std::pair<std::string, std::string>>;
  explicit Headers(const List& list) : list_(&list) {}
  /// The first value of `name`, or nothing.
  std::optional<std::string_view> find(std::string_view name) const;

 private:
  const List* list_;
};

/// What a hook said about itself once its signature held.
struct Verified {
  std::string delivery_id;  ///< The tool's own id; empty: the body's hash stands for it.
};

/// One tool. Stateless, pure and thread-safe: no I/O, no clock, no logging.
class Source {
 public:
  virtual ~Source() = default;

  virtual SourceName name() const = 0;  ///< As in `/hooks/{name}` and in the journal.

  /// What people call the tool.
  virtual std::string_view title() const = 0;

  /// Header names (lower case) that `interpret` needs; they are journaled with the body.
  virtual std::span<const std::string_view> kept_headers() const = 0;

  /// Checks the signature over the raw bytes, in constant time, against every active secret. Must not parse the body
  /// (invariant I7). No secret never means "accept": an empty list is always an error kUnauthorized.
  virtual Result<Verified> verify(const Headers& headers, std::string_view raw_body,
                                  std::span<const std::string> secrets) const = 0;

  /// Whose ids the delivery speaks of, from headers and configuration alone (`github.com`, or the enterprise host that
  /// `X-GitHub-Enterprise-Host` names).
  virtual Origin origin(const Headers& headers) const = 0;

  /// Turns one verified delivery into observations. Never fails: what cannot be read is quarantined with its reason,
  /// what is of no interest is ignored with its reason. The same bytes always give the same answer.
  virtual Interpretation interpret(const Delivery& delivery, const Policy& policy) const = 0;
};

/// Every source that Fairlead knows; adding one touches `sources/` alone.
std::span<const Source* const> all_sources();
/// Null where there is none of that name.
const Source* find_source(std::string_view name);

}  // namespace fairlead::sources
