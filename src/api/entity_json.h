#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/entities.h"
#include "store/store.h"

namespace fairlead::api {

/// One row of a list: the entity's own fields, and where the policy places it. Members: `type`, `key`, `id`, `source`
/// (the origin), `status`, `at`, `simulated`, the resolved `service`, `environment`, `repository` and `production`,
/// `queued_at`, `started_at` and `finished_at` also where only the status says them, and the fields of the kind. What
/// is unknown is left out; what is known to be absent is null.
boost::json::object entity_json(const store::EntityRow& row);

/// The JSON Schema of what entity_json makes of this kind, made from the same list of fields.
boost::json::object entity_schema(EntityKind kind);

/// The columns of a CSV file of this kind.
std::vector<std::string> entity_columns(EntityKind kind);

/// Just enough to recognise an entity: type, key, id, and a title, version, sha or pipeline where there is one.
boost::json::object entity_summary(const store::EntityRow& row);
/// The same for one that is no longer there.
boost::json::object entity_summary(EntityKind kind, const EntityKey& key);

}  // namespace fairlead::api
