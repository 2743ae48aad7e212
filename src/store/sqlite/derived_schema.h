#pragma once

// The tables of derived.db (docs/formats.md). Names that repeat (services, environments, repositories, statuses) stand
// as numbers of `names`, and keys of entities as numbers of `keys`: a key is a hash, so a B-tree over keys would touch
// a page of its own for every row, while numbers that grow keep together what comes together. Numbers are artefacts of
// arrival and never leave this file.

#include <array>
#include <string_view>

namespace fairlead::store::sqlite {

/// Stored on disk, append only.
inline constexpr std::array<std::string_view, 1> kDerivedSteps = {R"sql(
CREATE TABLE names (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE keys (number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
CREATE TABLE positions (lane INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);

CREATE TABLE outcomes (
  sequence INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  source INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  reason TEXT NOT NULL,
  observations INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (sequence, lane)
) WITHOUT ROWID;
CREATE INDEX outcomes_by_source ON outcomes (source, sequence, lane);
CREATE TABLE outcome_counts (
  source INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (source, outcome)
) WITHOUT ROWID;

CREATE TABLE entities (
  row INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
  kind INTEGER NOT NULL,
  service INTEGER NOT NULL,
  environment INTEGER NOT NULL,
  repository INTEGER NOT NULL,
  at INTEGER,
  status INTEGER NOT NULL,
  production INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  success_at INTEGER,
  mentions BLOB NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX entities_by_time ON entities (kind, at, key);
CREATE INDEX entities_by_service ON entities (kind, service, at, key);
CREATE INDEX successes ON entities (service, success_at, key, environment) WHERE success_at IS NOT NULL;
CREATE TABLE mentions (
  term INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  PRIMARY KEY (term, kind, entity)
) WITHOUT ROWID;
CREATE TABLE service_counts (name INTEGER PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE environment_counts (name INTEGER PRIMARY KEY, count INTEGER NOT NULL);

CREATE TABLE edges (
  row INTEGER PRIMARY KEY,
  repository INTEGER NOT NULL,
  sha NOT NULL,
  ancestor NOT NULL,
  kind INTEGER NOT NULL
);
CREATE UNIQUE INDEX edges_once ON edges (repository, sha, ancestor, kind);
CREATE INDEX edges_by_repository ON edges (repository);

CREATE TABLE service_marks (
  service TEXT PRIMARY KEY,
  since INTEGER,
  givers BLOB NOT NULL,
  version INTEGER NOT NULL
);
CREATE TABLE day_marks (
  metric TEXT NOT NULL,
  service TEXT NOT NULL,
  environment TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  day INTEGER NOT NULL,
  PRIMARY KEY (metric, service, environment, simulated, day)
) WITHOUT ROWID;

CREATE TABLE streams (
  deployment INTEGER NOT NULL,
  service INTEGER NOT NULL,
  environment INTEGER NOT NULL,
  repository INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  baseline INTEGER NOT NULL,
  ancestry_unknown INTEGER NOT NULL,
  shipped_count INTEGER NOT NULL,
  PRIMARY KEY (deployment, service, environment, repository)
) WITHOUT ROWID;
CREATE INDEX streams_by_service ON streams (service, finished_at);
CREATE INDEX baselines ON streams (repository) WHERE baseline = 1;
CREATE TABLE shipped (
  deployment INTEGER NOT NULL,
  repository INTEGER NOT NULL,
  sha NOT NULL,
  service INTEGER NOT NULL,
  environment INTEGER NOT NULL,
  PRIMARY KEY (deployment, repository, sha, service, environment)
) WITHOUT ROWID;
CREATE INDEX shipped_by_commit ON shipped (repository, sha);
CREATE TABLE missing (
  deployment INTEGER NOT NULL,
  repository INTEGER NOT NULL,
  sha NOT NULL,
  service INTEGER NOT NULL,
  environment INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (deployment, repository, sha, service, environment, since)
) WITHOUT ROWID;
CREATE INDEX missing_by_commit ON missing (repository, sha);

CREATE TABLE evidence (
  giver BLOB NOT NULL,
  ordinal INTEGER NOT NULL,
  deployment BLOB NOT NULL,
  kind INTEGER NOT NULL,
  service INTEGER NOT NULL,
  at INTEGER NOT NULL,
  remedied_at INTEGER,
  excluded TEXT NOT NULL,
  PRIMARY KEY (giver, ordinal)
) WITHOUT ROWID;
CREATE INDEX evidence_by_deployment ON evidence (deployment);

CREATE TABLE places (
  number INTEGER PRIMARY KEY,
  metric INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  service INTEGER NOT NULL,
  environment INTEGER NOT NULL,
  UNIQUE (metric, simulated, service, environment)
);
CREATE TABLE facts (
  place INTEGER NOT NULL,
  at INTEGER NOT NULL,
  subject BLOB NOT NULL,
  owner BLOB NOT NULL,
  subject_kind INTEGER NOT NULL,
  production INTEGER NOT NULL,
  first_in_production INTEGER NOT NULL,
  value INTEGER,
  excluded INTEGER NOT NULL,
  PRIMARY KEY (place, at, subject, owner)
) WITHOUT ROWID;
CREATE TABLE fact_owners (owner INTEGER PRIMARY KEY, facts BLOB NOT NULL);

CREATE TABLE summary_counts (
  place INTEGER NOT NULL,
  month INTEGER NOT NULL,
  days BLOB NOT NULL,
  PRIMARY KEY (place, month)
) WITHOUT ROWID;
CREATE TABLE summary_bins (
  place INTEGER NOT NULL,
  day INTEGER NOT NULL,
  bins BLOB NOT NULL,
  PRIMARY KEY (place, day)
) WITHOUT ROWID;
CREATE TABLE summary_values (
  place INTEGER NOT NULL,
  day INTEGER NOT NULL,
  entries BLOB NOT NULL,
  PRIMARY KEY (place, day)
) WITHOUT ROWID;
CREATE TABLE known_since (
  service TEXT NOT NULL,
  kind INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (service, kind, simulated)
);
)sql"};

}  // namespace fairlead::store::sqlite
