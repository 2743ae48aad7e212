#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "api/entity_json.h"
#include "api/openapi.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

/// Everything that is not an entity. Entities come from their own lists of fields (entity_json.h).
constexpr std::string_view kWritten = R"json({
"Anything": {"description": "What the tool sends."},
"Empty": {"type": "object"},
"Text": {"type": "string"},
"Time": {"type": "string", "format": "date-time"},
"MaybeTime": {"type": ["string", "null"], "format": "date-time"},
"Problem": {
  "description": "RFC 9457.",
  "type": "object",
  "required": ["type", "title", "status", "detail"],
  "properties": {
    "type": {"type": "string"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string"},
    "request_id": {"type": "string"}
  }
},
"Event": {
  "description": "One event of Fairlead's own format; docs/events.md has the members of each type.",
  "type": "object",
  "required": ["type"],
  "properties": {
    "type": {"enum": ["deployment", "change", "commit", "incident", "run", "task", "log", "alert", "canary",
                      "canary_sample"]}
  }
},
"Events": {"anyOf": [{"$ref": "#/components/schemas/Event"},
                     {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}]},
"Rejected": {
  "type": "object",
  "required": ["index", "error"],
  "properties": {"index": {"type": "integer"}, "error": {"type": "string"}},
  "additionalProperties": false
},
"IngestAnswer": {
  "type": "object",
  "required": ["accepted", "duplicates", "rejected"],
  "properties": {
    "accepted": {"type": "integer", "minimum": 0},
    "duplicates": {"type": "integer", "minimum": 0},
    "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/Rejected"}}
  },
  "additionalProperties": false
},
"RejectedEvents": {
  "allOf": [{"$ref": "#/components/schemas/Problem"}, {
    "type": "object",
    "required": ["accepted", "duplicates", "rejected"],
    "properties": {"rejected": {"type": "array", "items": {"$ref": "#/components/schemas/Rejected"}}}
  }]
},
"Metric": {
  "description": "One number with what it is made of. `value` is null when unknown; `unknown` then says why.",
  "type": "object",
  "required": ["value", "unit", "n", "coverage", "interval", "previous", "better", "exclusions", "pending", "rows",
               "unknown"],
  "properties": {
    "value": {"type": ["number", "null"]},
    "unit": {"enum": ["per_day", "seconds", "ratio"]},
    "n": {"type": "integer"},
    "coverage": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "interval": {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    "previous": {"type": ["number", "null"]},
    "better": {"enum": ["up", "down"]},
    "exclusions": {"type": "array", "items": {
      "type": "object", "required": ["reason", "count"],
      "properties": {"reason": {"type": "string"}, "count": {"type": "integer"}}}},
    "pending": {"type": "integer"},
    "rows": {"type": "string"},
    "unknown": {"type": ["string", "null"]},
    "notes": {"type": "array", "items": {"type": "string"}},
    "p90": {"type": ["number", "null"]},
    "series": {
      "description": "With `interval`: the range part by part, without a gap. Each is what a report of it alone says.",
      "type": "array", "maxItems": 400, "items": {"$ref": "#/components/schemas/SeriesPart"}},
    "previous_series": {
      "description": "With `interval`: as many parts of the previous period, each for the one at its place in `series`.",
      "type": "array", "maxItems": 400, "items": {"$ref": "#/components/schemas/SeriesPart"}},
    "legs": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Metric"}}
  },
  "additionalProperties": {"type": ["number", "null"]}
},
"SeriesPart": {
  "type": "object",
  "required": ["from", "to", "value", "n"],
  "properties": {
    "from": {"$ref": "#/components/schemas/Time"},
    "to": {"$ref": "#/components/schemas/Time"},
    "value": {"type": ["number", "null"]},
    "n": {"type": "integer"},
    "unknown": {"type": "string", "description": "Why there is no value; only where there is none."}
  },
  "additionalProperties": false
},
"DeploymentOutcomes": {
  "type": "object",
  "required": ["from", "to", "as_of", "simulated", "time_zone", "interval", "items"],
  "properties": {
    "from": {"$ref": "#/components/schemas/Time"},
    "to": {"$ref": "#/components/schemas/Time"},
    "as_of": {"$ref": "#/components/schemas/Time"},
    "simulated": {"type": "boolean"},
    "time_zone": {"type": "string"},
    "interval": {"enum": ["day", "week", "month"]},
    "items": {"type": "array", "maxItems": 400, "items": {
      "description": "The counts are null where nothing is known of the part; `unknown` then says why.",
      "type": "object",
      "required": ["from", "to", "success", "failed", "cancelled", "skipped"],
      "properties": {
        "from": {"$ref": "#/components/schemas/Time"},
        "to": {"$ref": "#/components/schemas/Time"},
        "success": {"type": ["integer", "null"]},
        "failed": {"type": ["integer", "null"]},
        "cancelled": {"type": ["integer", "null"]},
        "skipped": {"type": ["integer", "null"]},
        "unknown": {"type": "string"}
      },
      "additionalProperties": false
    }}
  },
  "additionalProperties": false
},
"Team": {
  "type": "object",
  "required": ["team", "services"],
  "properties": {"team": {"type": "string"}, "services": {"type": "array", "items": {"type": "string"}}},
  "additionalProperties": false
},
"Report": {
  "type": "object",
  "required": ["from", "to", "as_of", "profile", "simulated", "time_zone", "metrics"],
  "properties": {
    "from": {"$ref": "#/components/schemas/Time"},
    "to": {"$ref": "#/components/schemas/Time"},
    "as_of": {"$ref": "#/components/schemas/Time"},
    "profile": {"type": "string"},
    "simulated": {"type": "boolean", "description": "All of its rows are simulated; otherwise none is."},
    "time_zone": {"type": "string"},
    "interval": {"enum": ["day", "week", "month"], "description": "Only where it was asked for."},
    "metrics": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Metric"}}
  },
  "additionalProperties": false
},
"EntitySummary": {
  "description": "Enough to recognise an entity; only `key` where it is no longer there.",
  "type": "object",
  "required": ["key"],
  "properties": {
    "key": {"type": "string"}, "type": {"type": "string"}, "id": {"type": "string"}, "source": {"type": "string"},
    "title": {"type": "string"}, "version": {"type": "string"}, "pipeline": {"type": "string"},
    "message": {"type": "string"}, "name": {"type": "string"}, "url": {"type": "string"}
  },
  "additionalProperties": false
},
"Evidence": {
  "type": "object",
  "required": ["kind", "at", "remedied_at", "excluded", "by"],
  "properties": {
    "kind": {"type": "string"},
    "at": {"$ref": "#/components/schemas/Time"},
    "remedied_at": {"$ref": "#/components/schemas/MaybeTime"},
    "excluded": {"type": ["string", "null"]},
    "by": {"$ref": "#/components/schemas/EntitySummary"},
    "deployment": {"$ref": "#/components/schemas/EntitySummary"}
  },
  "additionalProperties": false
},
"Fact": {
  "description": "One row of one metric. `excluded` is the reason why it does not count.",
  "type": "object",
  "required": ["metric", "at", "service", "environment", "production", "first_in_production", "simulated", "value",
               "excluded", "subject", "owner"],
  "properties": {
    "metric": {"type": "string"},
    "at": {"$ref": "#/components/schemas/Time"},
    "service": {"type": "string"},
    "environment": {"type": "string"},
    "production": {"type": "boolean"},
    "first_in_production": {"type": "boolean"},
    "simulated": {"type": "boolean"},
    "value": {"type": ["number", "null"]},
    "excluded": {"type": ["string", "null"]},
    "subject": {"$ref": "#/components/schemas/EntitySummary"},
    "owner": {"$ref": "#/components/schemas/EntitySummary"},
    "evidence": {"type": "array", "items": {"$ref": "#/components/schemas/Evidence"}}
  },
  "additionalProperties": false
},
"Explanation": {
  "type": "object",
  "required": ["metric", "from", "to", "as_of", "profile", "simulated", "formula", "number", "pending", "items", "next_cursor"],
  "properties": {
    "metric": {"type": "string"},
    "from": {"$ref": "#/components/schemas/Time"},
    "to": {"$ref": "#/components/schemas/Time"},
    "as_of": {"$ref": "#/components/schemas/Time"},
    "profile": {"type": "string"},
    "simulated": {"type": "boolean", "description": "All of its rows are simulated; otherwise none is."},
    "formula": {"type": "string"},
    "number": {"$ref": "#/components/schemas/Metric"},
    "pending": {"type": "array", "items": {
      "type": "object", "required": ["at", "deployment"],
      "properties": {"at": {"$ref": "#/components/schemas/Time"},
                     "deployment": {"$ref": "#/components/schemas/EntitySummary"}}}},
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Fact"}},
    "next_cursor": {"type": ["string", "null"]}
  },
  "additionalProperties": false
},
"Stream": {
  "description": "A deployment's place in the order of (service, environment, repository).",
  "type": "object",
  "required": ["service", "environment", "repository", "finished_at", "baseline", "ancestry_unknown", "shipped_count"],
  "properties": {
    "service": {"type": "string"}, "environment": {"type": "string"}, "repository": {"type": "string"},
    "finished_at": {"$ref": "#/components/schemas/Time"},
    "baseline": {"type": "boolean"}, "ancestry_unknown": {"type": "boolean"}, "shipped_count": {"type": "integer"}
  },
  "additionalProperties": false
},
"ShippedCommit": {
  "description": "A commit; beside repository and sha only what is known of it.",
  "type": "object",
  "required": ["repository", "sha"],
  "properties": {"repository": {"type": "string"}, "sha": {"type": "string"}}
},
"ShippedCommitList": {
  "type": "object",
  "required": ["items", "next_cursor"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/ShippedCommit"}},
    "next_cursor": {"type": ["string", "null"]}
  },
  "additionalProperties": false
},
"Matrix": {
  "type": "object",
  "required": ["items", "environments", "environments_omitted", "next_cursor"],
  "properties": {
    "items": {"type": "array", "items": {
      "type": "object",
      "required": ["service", "environment", "latest", "current"],
      "properties": {
        "service": {"type": "string"},
        "environment": {"type": "string"},
        "latest": {"$ref": "#/components/schemas/Deployment"},
        "current": {"anyOf": [{"$ref": "#/components/schemas/Deployment"}, {"type": "null"}]}
      },
      "additionalProperties": false}},
    "environments": {"type": "array", "items": {"type": "string"}},
    "environments_omitted": {"type": "integer"},
    "next_cursor": {"type": ["string", "null"]}
  },
  "additionalProperties": false
},
"Source": {
  "type": "object",
  "required": ["name", "title", "hooks", "accepted", "ignored", "quarantined", "delivered", "signature_failures",
               "last_delivered_at", "latest", "rows"],
  "properties": {
    "name": {"type": "string"},
    "title": {"type": "string"},
    "accepted": {"type": "integer", "minimum": 0},
    "ignored": {"type": "integer", "minimum": 0},
    "quarantined": {"type": "integer", "minimum": 0},
    "latest": {"type": "array", "maxItems": 5, "items": {
      "type": "object",
      "required": ["id", "at", "outcome", "reason"],
      "properties": {
        "id": {"type": "string", "description": "As Fairlead-Sequence."},
        "at": {"$ref": "#/components/schemas/Time"},
        "outcome": {"enum": ["accepted", "ignored", "quarantined"]},
        "reason": {"type": "string"}
      },
      "additionalProperties": false}},
    "rows": {"type": "string", "description": "All of them."},
    "hooks": {"type": "array", "items": {
      "type": "object",
      "required": ["name", "path", "active_secrets"],
      "properties": {"name": {"type": "string"}, "path": {"type": "string"}, "active_secrets": {"type": "integer"}},
      "additionalProperties": false}},
    "delivered": {"type": "integer", "description": "On its hooks, since the start."},
    "signature_failures": {"type": "integer", "description": "On its hooks, since the start."},
    "last_delivered_at": {"$ref": "#/components/schemas/MaybeTime"}
  },
  "additionalProperties": false
},
"SourceList": {
  "type": "object",
  "required": ["items", "next_cursor", "outcomes"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Source"}},
    "next_cursor": {"type": "null"},
    "outcomes": {"type": "object", "additionalProperties": {"type": "integer"}}
  },
  "additionalProperties": false
},
"Delivery": {
  "type": "object",
  "required": ["lane", "sequence", "source", "outcome", "reason", "observations", "received_at"],
  "properties": {
    "lane": {"type": "integer"}, "sequence": {"type": "integer"}, "source": {"type": "string"},
    "outcome": {"enum": ["accepted", "ignored", "quarantined"]},
    "reason": {"type": "string"}, "observations": {"type": "integer"},
    "received_at": {"$ref": "#/components/schemas/Time"}
  },
  "additionalProperties": false
},
"Role": {"enum": ["ingest", "viewer", "operator", "admin"]},
"Token": {
  "type": "object",
  "required": ["id", "name", "role", "created_at", "revoked_at"],
  "properties": {
    "id": {"type": "string"}, "name": {"type": "string"}, "role": {"$ref": "#/components/schemas/Role"},
    "created_at": {"$ref": "#/components/schemas/Time"}, "revoked_at": {"$ref": "#/components/schemas/MaybeTime"}
  },
  "additionalProperties": false
},
"CreatedToken": {
  "type": "object",
  "required": ["id", "name", "role", "created_at", "revoked_at", "token"],
  "properties": {
    "id": {"type": "string"}, "name": {"type": "string"}, "role": {"$ref": "#/components/schemas/Role"},
    "created_at": {"$ref": "#/components/schemas/Time"}, "revoked_at": {"$ref": "#/components/schemas/MaybeTime"},
    "token": {"type": "string", "description": "Shown this once."}
  },
  "additionalProperties": false
},
"NewToken": {
  "type": "object",
  "required": ["name", "role"],
  "properties": {"name": {"type": "string", "maxLength": 100}, "role": {"$ref": "#/components/schemas/Role"}},
  "additionalProperties": false
},
"Session": {
  "type": "object",
  "required": ["name", "role", "anonymous", "csrf"],
  "properties": {
    "name": {"type": "string", "description": "The user's, the token's, or `anonymous`."},
    "role": {"$ref": "#/components/schemas/Role"},
    "anonymous": {"type": "boolean"},
    "csrf": {"type": ["string", "null"], "description": "For X-CSRF-Token; null where there is no session."}
  },
  "additionalProperties": false
},
"NewSession": {
  "type": "object",
  "required": ["name", "password"],
  "properties": {"name": {"type": "string"}, "password": {"type": "string"}},
  "additionalProperties": false
},
"User": {
  "type": "object",
  "required": ["name", "role", "created_at"],
  "properties": {"name": {"type": "string"}, "role": {"$ref": "#/components/schemas/Role"},
                 "created_at": {"$ref": "#/components/schemas/Time"}},
  "additionalProperties": false
},
"NewUser": {
  "type": "object",
  "required": ["name", "role", "password"],
  "properties": {"name": {"type": "string", "maxLength": 100}, "role": {"$ref": "#/components/schemas/Role"},
                 "password": {"type": "string", "minLength": 8, "maxLength": 1024}},
  "additionalProperties": false
},
"AuditEntry": {
  "type": "object",
  "required": ["at", "actor", "action", "subject"],
  "properties": {"at": {"$ref": "#/components/schemas/Time"}, "actor": {"type": "string"},
                 "action": {"type": "string"}, "subject": {"type": "string"}},
  "additionalProperties": false
},
"EngineStatus": {
  "type": "object",
  "required": ["version", "at", "last_sequence", "projected_sequence", "storage_failed"],
  "properties": {
    "version": {"type": "string"}, "at": {"$ref": "#/components/schemas/Time"},
    "storage_failed": {"type": "boolean"}, "derive_error": {"type": "string"}
  },
  "additionalProperties": {"type": "integer"}
},
"ServerHealth": {
  "type": "object",
  "required": ["status", "at", "version", "findings"],
  "properties": {
    "status": {"enum": ["ok", "warning", "failing"], "description": "That of the worst finding."},
    "at": {"$ref": "#/components/schemas/Time"}, "version": {"type": "string"},
    "findings": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}}
  },
  "additionalProperties": false
},
"Finding": {
  "type": "object",
  "required": ["check", "state", "seen", "action"],
  "properties": {
    "check": {"type": "string", "description": "A name that stays the same, such as `disk` or `sources.github`."},
    "state": {"enum": ["ok", "warning", "failing"]},
    "seen": {"type": "string", "description": "What was found, with figures."},
    "action": {"type": ["string", "null"], "description": "What to do; null where all is well."}
  },
  "additionalProperties": false
},
"Verification": {
  "type": "object",
  "required": ["ok", "rows", "error"],
  "properties": {"ok": {"type": "boolean"}, "rows": {"type": ["integer", "null"]}, "error": {"type": ["string", "null"]}},
  "additionalProperties": false
},
"NewImport": {
  "type": "object",
  "required": ["url"],
  "properties": {"url": {"type": "string", "maxLength": 2048, "description": "https://host/path of a git repository."}},
  "additionalProperties": false
},
"Import": {
  "type": "object",
  "required": ["id", "url", "state", "phase", "commits_total", "commits", "events", "releases", "nothing_new", "remarks",
               "repository", "service", "first_release_at", "last_release_at", "error", "created_at", "started_at",
               "finished_at"],
  "properties": {
    "id": {"type": "string"},
    "url": {"type": "string"},
    "state": {"enum": ["queued", "running", "succeeded", "failed", "cancelled"]},
    "phase": {"enum": ["fetching", "reading", "linking", null], "description": "Null unless it runs."},
    "commits_total": {"type": ["integer", "null"], "description": "Known once the repository is fetched."},
    "commits": {"type": "integer", "minimum": 0, "description": "Read so far."},
    "events": {"type": "integer", "minimum": 0, "description": "On stable storage so far."},
    "releases": {"type": "integer", "minimum": 0},
    "nothing_new": {"type": "boolean", "description": "It succeeded, and all of it was there before."},
    "remarks": {"type": "array", "items": {"type": "string"}},
    "repository": {"type": ["string", "null"]},
    "service": {"type": ["string", "null"], "description": "Where its numbers are."},
    "first_release_at": {"$ref": "#/components/schemas/MaybeTime"},
    "last_release_at": {"$ref": "#/components/schemas/MaybeTime"},
    "error": {"type": ["string", "null"], "description": "Why it failed, and what to do."},
    "created_at": {"$ref": "#/components/schemas/Time"},
    "started_at": {"$ref": "#/components/schemas/MaybeTime"},
    "finished_at": {"$ref": "#/components/schemas/MaybeTime"}
  },
  "additionalProperties": false
},
"Health": {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
})json";

json::object list_of(std::string_view item) {
  json::object properties;
  properties["items"] =
      json::object{{"type", "array"}, {"items", json::object{{"$ref", "#/components/schemas/" + std::string(item)}}}};
  properties["next_cursor"] = json::object{{"type", json::array{"string", "null"}}};
  return {{"type", "object"},
          {"required", json::array{"items", "next_cursor"}},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

/// The entity with further members beside its own.
json::object detail_of(EntityKind kind, std::string_view more) {
  json::object schema = entity_schema(kind);
  json::value added = json::parse(more);
  for (json::key_value_pair& member : added.as_object()) {
    schema["properties"].as_object()[member.key()] = std::move(member.value());
    schema["required"].as_array().emplace_back(member.key());
  }
  return schema;
}

}  // namespace

json::object openapi_schemas() {
  json::object schemas = json::parse(kWritten).as_object();
  for (const auto& [name, kind] :
       {std::pair{"Run", EntityKind::kRun}, std::pair{"Task", EntityKind::kTask},
        std::pair{"Deployment", EntityKind::kDeployment}, std::pair{"Change", EntityKind::kChange},
        std::pair{"Commit", EntityKind::kCommit}, std::pair{"Incident", EntityKind::kIncident},
        std::pair{"Alert", EntityKind::kAlert}, std::pair{"Canary", EntityKind::kCanary}}) {
    schemas[name] = entity_schema(kind);
  }
  for (const std::string item :
       {"Run", "Deployment", "Change", "Commit", "Incident", "Alert", "Canary", "Delivery", "Team", "Token", "User"}) {
    schemas[item + "List"] = list_of(item);
  }
  schemas["AuditList"] = list_of("AuditEntry");
  schemas["ImportList"] = list_of("Import");
  schemas["RunDetail"] =
      detail_of(EntityKind::kRun, R"({"tasks":{"type":"array","items":{"$ref":"#/components/schemas/Task"}}})");
  schemas["DeploymentDetail"] = detail_of(EntityKind::kDeployment, R"json({
    "baseline": {"type": "boolean"},
    "ancestry_unknown": {"type": "boolean"},
    "shipped_count": {"type": "integer"},
    "streams": {"type": "array", "items": {"$ref": "#/components/schemas/Stream"}},
    "missing_ancestors": {"type": "array", "items": {"$ref": "#/components/schemas/ShippedCommit"}},
    "evidence": {"type": "array", "items": {"$ref": "#/components/schemas/Evidence"}},
    "blames": {"type": "array", "items": {"$ref": "#/components/schemas/Evidence"}},
    "facts": {"type": "array", "items": {"$ref": "#/components/schemas/Fact"}},
    "shipped": {"type": "object", "required": ["count", "items", "rows"], "properties": {
      "count": {"type": "integer"},
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/ShippedCommit"}},
      "rows": {"type": "string"}}}
  })json");
  return schemas;
}

}  // namespace fairlead::api
