import type {
  Alert, AlertList, Change, ChangeList, DeliveryList, Deployment, DeploymentList, DeploymentOutcomes, Incident, IncidentList, Matrix, Metric, Report, Run,
  RunList, SourceList, TeamList,
} from './api-types';
import { type Activity, newest, ofAlert, ofChange, ofDeployment, ofIncident, ofRun } from './activity';
import { ask } from './api.svelte';
import type { Place } from './details';
import { type Interval, intervalOf, spanOf } from './range';
import { Resource } from './resource.svelte';
import type { StreamEvent } from './sse';
import { type Parameter, address } from './url.svelte';

const ROWS = 15;
/** Short, so that what happens is seen at once; one read at a time is what limits them. */
const LIST_GAP_MS = 50;
const PAGE_ROWS = 1000;
const MATRIX_PAGES_MAX = 5;
const PLACE: readonly Parameter[] = ['service', 'environment', 'team'];

/** How production deployments ended, in each part of the period. */
export interface Outcomes {
  parts: DeploymentOutcomes['items'];
  interval: Interval;
  zone: string;
}

export interface Places {
  services: string[];
  environments: string[];
  /** The latest attempt per service in production. */
  latest: Deployment[];
}

/** A number in each part of the period, and in the same parts of the period before. */
export interface Trend {
  parts: readonly Part[];
  before: readonly Part[];
}
export type Part = NonNullable<Metric['series']>[number];

export interface Trends {
  zone: string;
  byMetric: Record<string, Trend>;
}

/** Everything that the first screen shows, each part read and failing on its own. */
class Overview {
  report = new Resource((signal) => ask<Report>(`api/v1/metrics/delivery?${address.query}`, signal), 200);
  trends = new Resource((signal) => this.#readTrends(signal), 10_000);
  outcomes = new Resource((signal) => this.#readOutcomes(signal), 1000);
  places = new Resource((signal) => this.#readPlaces(signal), 1000);
  deployments = this.#list<Deployment, DeploymentList>('deployments', {});
  runs = this.#list<Run, RunList>('runs', {});
  changes = this.#list<Change, ChangeList>('changes', {});
  incidents = this.#list<Incident, IncidentList>('incidents', {});
  openIncidents = this.#list<Incident, IncidentList>('incidents', { status: 'open', limit: '50' });
  alerts = this.#list<Alert, AlertList>('alerts', { status: 'firing', limit: '50' });
  sources = new Resource((signal) => ask<SourceList>('api/v1/sources', signal), 1000);
  /** Only those of the configuration; most servers name none. */
  teams = new Resource(async (signal) => (await ask<TeamList>('api/v1/teams', signal)).items.map(({ team }) => team), 60_000);
  /** Only the newest: whether there is any, and how old it is. */
  deliveries = new Resource((signal) => ask<DeliveryList>('api/v1/deliveries?limit=1', signal), LIST_GAP_MS);

  /** What an event of this kind touches. */
  #byKind: Record<string, Array<Resource<unknown>>> = {
    deployment: [this.deployments, this.places, this.outcomes],
    run: [this.runs],
    change: [this.changes],
    incident: [this.incidents, this.openIncidents],
    alert: [this.alerts],
  };

  get #all(): Array<Resource<unknown>> {
    return [this.report, this.trends, this.outcomes, this.places, this.deployments, this.runs, this.changes, this.incidents,
      this.openIncidents, this.alerts, this.sources, this.deliveries, this.teams];
  }

  restart(): void {
    for (const one of this.#all) one.restart();
  }

  clear(): void {
    for (const one of this.#all) one.clear();
  }

  retry(): void {
    for (const one of this.#all) {
      if (one.error) one.restart();
    }
  }

  heard({ event, data }: StreamEvent): void {
    if (event === 'ready' || event === 'resync') this.#all.forEach((one) => one.refresh());
    if (event === 'report') [this.report, this.trends].forEach((one) => one.refresh());
    if (event === 'delivery') [this.deliveries, this.sources].forEach((one) => one.refresh());
    if (event === 'entity') {
      const { kind } = JSON.parse(data) as { kind?: string };
      for (const one of this.#byKind[kind ?? ''] ?? []) one.refresh();
    }
  }

  get activityError() {
    return this.deployments.error ?? this.runs.error ?? this.changes.error ?? this.incidents.error;
  }

  /** The newest of all kinds; null until all have been read once. */
  get activity(): Activity[] | null {
    const { deployments, runs, changes, incidents, alerts } = this;
    if (!deployments.data || !runs.data || !changes.data || !incidents.data) return null;
    return newest([deployments.data.map(ofDeployment), runs.data.map(ofRun), changes.data.map(ofChange), incidents.data.map(ofIncident),
      (alerts.data ?? []).map(ofAlert)], ROWS);
  }

  /** A row that is in one of the lists. */
  row({ kind, key }: Place) {
    const lists: Record<string, ReadonlyArray<Deployment | Run | Change | Incident | Alert>> = {
      deployment: [...(this.deployments.data ?? []), ...(this.places.data?.latest ?? [])], run: this.runs.data ?? [], change: this.changes.data ?? [],
      incident: [...(this.incidents.data ?? []), ...(this.openIncidents.data ?? [])], alert: this.alerts.data ?? [],
    };
    return lists[kind]?.find((one) => one.key === key) ?? null;
  }

  /** The numbers are about invented data; real and invented rows are never taken together. */
  get simulated(): boolean {
    return this.report.data?.simulated ?? false;
  }

  get empty(): boolean {
    return this.deliveries.data?.items.length === 0;
  }

  #list<Row, List extends { items: Row[] }>(path: string, more: Record<string, string>): Resource<Row[]> {
    return new Resource(async (signal) => {
      const query = address.part(PLACE, { limit: String(ROWS), ...more });
      return (await ask<List>(`api/v1/${path}?${query}`, signal)).items;
    }, LIST_GAP_MS);
  }

  async #readTrends(signal: AbortSignal): Promise<Trends> {
    const span = spanOf(address.period, Date.now());
    const interval = span && intervalOf(span);
    if (!interval) return { zone: 'UTC', byMetric: {} }; // longer than anybody draws
    const { metrics, time_zone: zone } = await ask<Report>(`api/v1/metrics/delivery?${address.query}&interval=${interval}`, signal);
    const all = Object.values(metrics).flatMap((metric) => Object.entries(metric.legs ?? {})).concat(Object.entries(metrics));
    return { zone, byMetric: Object.fromEntries(all.map(([name, { series, previous_series }]) => (
      [name, { parts: series ?? [], before: previous_series ?? [] }]))) };
  }

  async #readOutcomes(signal: AbortSignal): Promise<Outcomes> {
    const span = spanOf(address.period, Date.now());
    const interval = span && intervalOf(span);
    if (!interval) return { parts: [], interval: 'month', zone: 'UTC' };
    const query = address.part([...PLACE, 'from', 'to', 'tz', 'simulated'], { interval, from: address.period.from });
    const { items, time_zone: zone } = await ask<DeploymentOutcomes>(`api/v1/deployments/outcomes?${query}`, signal);
    return { parts: items, interval, zone };
  }

  async #readPlaces(signal: AbortSignal): Promise<Places> {
    const services = new Set<string>();
    const environments = new Set<string>();
    const latest: Deployment[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MATRIX_PAGES_MAX; page += 1) {
      const query: string = cursor ? `limit=${PAGE_ROWS}&cursor=${encodeURIComponent(cursor)}` : `limit=${PAGE_ROWS}`;
      const matrix: Matrix = await ask<Matrix>(`api/v1/environments/matrix?${query}`, signal);
      for (const environment of matrix.environments) environments.add(environment);
      for (const cell of matrix.items) {
        services.add(cell.service);
        if (cell.latest.production) latest.push(cell.latest);
      }
      cursor = matrix.next_cursor;
      if (!cursor) break;
    }
    return { services: [...services].sort(), environments: [...environments].sort(), latest };
  }
}

export const overview = new Overview();
