#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>

#include "model/facts.h"
#include "model/links.h"
#include "store/store.h"

namespace fairlead::api {

/// Rows of facts and links as JSON, with enough about the entities they point at to recognise them. Each entity is read
/// once per answer.
class FactJson {
 public:
  explicit FactJson(store::DerivedReader& reader) : reader_(&reader) {}

  /// `unit` is the metric's: a value of `seconds` is stored in milliseconds.
  Result<boost::json::object> fact(const Fact& fact, std::string_view unit);
  Result<boost::json::object> evidence(const Evidence& evidence);
  /// The evidence on a deployment, as an array.
  Result<boost::json::array> evidence_on(const EntityKey& deployment);
  Result<boost::json::object> summary(EntityKind kind, const EntityKey& key);

  static const std::vector<std::string>& fact_columns();

 private:
  Result<boost::json::object> summary(const EntityKey& key);

  store::DerivedReader* const reader_;
  std::map<EntityKey, boost::json::object> summaries_;
};

}  // namespace fairlead::api
