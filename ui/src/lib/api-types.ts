// Written by scripts/api-types.mjs from /openapi.json; do not edit.

export type Alert = {
  at?: string;
  description?: string;
  ends_at?: string | null;
  environment?: string;
  fingerprint?: string;
  id: string;
  key: string;
  labels?: Record<string, string>;
  name?: string;
  repository?: string;
  service?: string;
  severity?: "low" | "medium" | "high" | "critical";
  simulated: boolean;
  source: string;
  starts_at?: string;
  status?: string;
  type: string;
};

export type AlertList = {
  items: Array<Alert>;
  next_cursor: string | null;
};

export type Change = {
  at?: string;
  author?: string;
  base_branch?: string;
  closed_at?: string | null;
  commits?: Array<{
    authored_at?: string | null;
    message?: string;
    sha: string;
  }>;
  environment?: string;
  first_commit_at?: string;
  head_branch?: string;
  head_sha?: string;
  id: string;
  key: string;
  labels?: Array<string>;
  merge_sha?: string;
  merged_at?: string | null;
  opened_at?: string;
  repository?: string;
  reverts?: string;
  reviews?: Array<{
    at: string;
    by: string;
    state: "commented" | "approved" | "changes_requested" | "dismissed";
  }>;
  service?: string;
  simulated: boolean;
  source: string;
  status?: string;
  title?: string;
  type: string;
  url?: string;
};

export type ChangeList = {
  items: Array<Change>;
  next_cursor: string | null;
};

export type CreatedToken = {
  created_at: Time;
  id: string;
  name: string;
  revoked_at: MaybeTime;
  role: Role;
  token: string;
};

export type Delivery = {
  lane: number;
  observations: number;
  outcome: "accepted" | "ignored" | "quarantined";
  reason: string;
  received_at: Time;
  sequence: number;
  source: string;
};

export type DeliveryList = {
  items: Array<Delivery>;
  next_cursor: string | null;
};

export type Deployment = {
  at?: string;
  commits?: Array<{
    repository: string;
    sha: string;
  }>;
  deployer?: string;
  environment?: string;
  finished_at?: string;
  id: string;
  key: string;
  kind?: "normal" | "rollback" | "hotfix" | "rework";
  production?: boolean;
  queued_at?: string;
  ref?: string;
  repository?: string;
  run_id?: string;
  service?: string;
  sha?: string;
  simulated: boolean;
  source: string;
  started_at?: string;
  status?: string;
  status_at?: string;
  type: string;
  url?: string;
  version?: string;
  via?: "deployment" | "release" | "tag" | "run";
};

export type DeploymentDetail = {
  ancestry_unknown: boolean;
  at?: string;
  baseline: boolean;
  blames: Array<Evidence>;
  commits?: Array<{
    repository: string;
    sha: string;
  }>;
  deployer?: string;
  environment?: string;
  evidence: Array<Evidence>;
  facts: Array<Fact>;
  finished_at?: string;
  id: string;
  key: string;
  kind?: "normal" | "rollback" | "hotfix" | "rework";
  missing_ancestors: Array<ShippedCommit>;
  production?: boolean;
  queued_at?: string;
  ref?: string;
  repository?: string;
  run_id?: string;
  service?: string;
  sha?: string;
  shipped: {
    count: number;
    items: Array<ShippedCommit>;
    rows: string;
  };
  shipped_count: number;
  simulated: boolean;
  source: string;
  started_at?: string;
  status?: string;
  status_at?: string;
  streams: Array<Stream>;
  type: string;
  url?: string;
  version?: string;
  via?: "deployment" | "release" | "tag" | "run";
};

export type DeploymentList = {
  items: Array<Deployment>;
  next_cursor: string | null;
};

export type DeploymentOutcomes = {
  as_of: Time;
  from: Time;
  interval: "day" | "week" | "month";
  items: Array<{
    cancelled: number | null;
    failed: number | null;
    from: Time;
    skipped: number | null;
    success: number | null;
    to: Time;
    unknown?: string;
  }>;
  simulated: boolean;
  time_zone: string;
  to: Time;
};

export type EntitySummary = {
  id?: string;
  key: string;
  message?: string;
  name?: string;
  pipeline?: string;
  source?: string;
  title?: string;
  type?: string;
  url?: string;
  version?: string;
};

export type Evidence = {
  at: Time;
  by: EntitySummary;
  deployment?: EntitySummary;
  excluded: string | null;
  kind: string;
  remedied_at: MaybeTime;
};

export type Explanation = {
  as_of: Time;
  formula: string;
  from: Time;
  items: Array<Fact>;
  metric: string;
  next_cursor: string | null;
  number: Metric;
  pending: Array<{
    at: Time;
    deployment: EntitySummary;
  }>;
  profile: string;
  simulated: boolean;
  to: Time;
};

export type Fact = {
  at: Time;
  environment: string;
  evidence?: Array<Evidence>;
  excluded: string | null;
  first_in_production: boolean;
  metric: string;
  owner: EntitySummary;
  production: boolean;
  service: string;
  simulated: boolean;
  subject: EntitySummary;
  value: number | null;
};

export type Finding = {
  action: string | null;
  check: string;
  seen: string;
  state: "ok" | "warning" | "failing";
};

export type Import = {
  commits: number;
  commits_total: number | null;
  created_at: Time;
  error: string | null;
  events: number;
  finished_at: MaybeTime;
  first_release_at: MaybeTime;
  id: string;
  last_release_at: MaybeTime;
  nothing_new: boolean;
  phase: "fetching" | "reading" | "linking" | null;
  releases: number;
  remarks: Array<string>;
  repository: string | null;
  service: string | null;
  started_at: MaybeTime;
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  url: string;
};

export type ImportList = {
  items: Array<Import>;
  next_cursor: string | null;
};

export type Incident = {
  acknowledged_at?: string | null;
  at?: string;
  caused_by_sha?: string;
  caused_by_version?: string;
  deployment_id?: string;
  environment?: string;
  id: string;
  key: string;
  opened_at?: string;
  repository?: string;
  resolved_at?: string | null;
  service?: string;
  severity?: "low" | "medium" | "high" | "critical";
  simulated: boolean;
  source: string;
  status?: string;
  title?: string;
  type: string;
  url?: string;
};

export type IncidentList = {
  items: Array<Incident>;
  next_cursor: string | null;
};

export type Matrix = {
  environments: Array<string>;
  environments_omitted: number;
  items: Array<{
    current: Deployment | null;
    environment: string;
    latest: Deployment;
    service: string;
  }>;
  next_cursor: string | null;
};

export type MaybeTime = string | null;

export type Metric = {
  better: "up" | "down";
  coverage: number | null;
  exclusions: Array<{
    count: number;
    reason: string;
  }>;
  interval: Array<number> | null;
  legs?: Record<string, Metric>;
  n: number;
  notes?: Array<string>;
  p90?: number | null;
  pending: number;
  previous: number | null;
  previous_series?: Array<SeriesPart>;
  rows: string;
  series?: Array<SeriesPart>;
  unit: "per_day" | "seconds" | "ratio";
  unknown: string | null;
  value: number | null;
};

export type Problem = {
  detail: string;
  request_id?: string;
  status: number;
  title: string;
  type: string;
};

export type Report = {
  as_of: Time;
  from: Time;
  interval?: "day" | "week" | "month";
  metrics: Record<string, Metric>;
  profile: string;
  simulated: boolean;
  time_zone: string;
  to: Time;
};

export type Role = "ingest" | "viewer" | "operator" | "admin";

export type Run = {
  actor?: string;
  at?: string;
  attempt?: number;
  branch?: string;
  environment?: string;
  finished_at?: string;
  id: string;
  key: string;
  pipeline?: string;
  queued_at?: string;
  repository?: string;
  service?: string;
  sha?: string;
  simulated: boolean;
  source: string;
  started_at?: string;
  status?: string;
  status_at?: string;
  trigger?: string;
  type: string;
  url?: string;
};

export type RunDetail = {
  actor?: string;
  at?: string;
  attempt?: number;
  branch?: string;
  environment?: string;
  finished_at?: string;
  id: string;
  key: string;
  pipeline?: string;
  queued_at?: string;
  repository?: string;
  service?: string;
  sha?: string;
  simulated: boolean;
  source: string;
  started_at?: string;
  status?: string;
  status_at?: string;
  tasks: Array<Task>;
  trigger?: string;
  type: string;
  url?: string;
};

export type RunList = {
  items: Array<Run>;
  next_cursor: string | null;
};

export type SeriesPart = {
  from: Time;
  n: number;
  to: Time;
  unknown?: string;
  value: number | null;
};

export type ServerHealth = {
  at: Time;
  findings: Array<Finding>;
  status: "ok" | "warning" | "failing";
  version: string;
};

export type ShippedCommit = {
  repository: string;
  sha: string;
};

export type Source = {
  accepted: number;
  delivered: number;
  hooks: Array<{
    active_secrets: number;
    name: string;
    path: string;
  }>;
  ignored: number;
  last_delivered_at: MaybeTime;
  latest: Array<{
    at: Time;
    id: string;
    outcome: "accepted" | "ignored" | "quarantined";
    reason: string;
  }>;
  name: string;
  quarantined: number;
  rows: string;
  signature_failures: number;
  title: string;
};

export type SourceList = {
  items: Array<Source>;
  next_cursor: null;
  outcomes: Record<string, number>;
};

export type Stream = {
  ancestry_unknown: boolean;
  baseline: boolean;
  environment: string;
  finished_at: Time;
  repository: string;
  service: string;
  shipped_count: number;
};

export type Task = {
  at?: string;
  environment?: string;
  failure?: "code" | "infrastructure" | "timeout";
  finished_at?: string;
  id: string;
  key: string;
  name?: string;
  order?: number;
  parent?: string;
  queued_at?: string;
  repository?: string;
  run_id?: string;
  service?: string;
  simulated: boolean;
  source: string;
  started_at?: string;
  status?: string;
  status_at?: string;
  type: string;
};

export type Team = {
  services: Array<string>;
  team: string;
};

export type TeamList = {
  items: Array<Team>;
  next_cursor: string | null;
};

export type Time = string;
