import type {
  Alert, AlertList, Change, ChangeList, DeliveryList, Deployment, DeploymentList, Incident, IncidentList, Matrix, Report, Run, RunList,
  SourceList,
} from './api-types';
import { type Activity, newest, ofAlert, ofChange, ofDeployment, ofIncident, ofRun } from './activity';
import { ask } from './api.svelte';
import { partsOf } from './range';
import { Resource } from './resource.svelte';
import type { StreamEvent } from './sse';
import { type Parameter, address } from './url.svelte';

const ROWS = 15;
/** Short, so that what happens is seen at once; one read at a time is what limits them. */
const LIST_GAP_MS = 50;
const DEPLOYMENT_PAGES_MAX = 5;
const PAGE_ROWS = 1000;
const MATRIX_PAGES_MAX = 5;
const PLACE: readonly Parameter[] = ['service', 'environment', 'team'];

export interface DeploymentHistory {
  items: Deployment[];
  /** There are more than were read. */
  truncated: boolean;
  from: number;
  to: number;
  zone: string;
}

export interface Places {
  services: string[];
  environments: string[];
  /** The latest attempt per service in production. */
  latest: Deployment[];
}

/** A number over equal parts of the period; null where it is unknown. */
export type Trends = Record<string, Array<number | null>>;

/** Everything that the first screen shows, each part read and failing on its own. */
class Overview {
  report = new Resource((signal) => ask<Report>(`api/v1/metrics/delivery?${address.query}`, signal), 200);
  trends = new Resource((signal) => this.#readTrends(signal), 10_000);
  history = new Resource((signal) => this.#readHistory(signal), 1000);
  places = new Resource((signal) => this.#readPlaces(signal), 1000);
  deployments = this.#list<Deployment, DeploymentList>('deployments', {});
  runs = this.#list<Run, RunList>('runs', {});
  changes = this.#list<Change, ChangeList>('changes', {});
  incidents = this.#list<Incident, IncidentList>('incidents', {});
  openIncidents = this.#list<Incident, IncidentList>('incidents', { status: 'open', limit: '50' });
  alerts = this.#list<Alert, AlertList>('alerts', { status: 'firing', limit: '50' });
  sources = new Resource((signal) => ask<SourceList>('api/v1/sources', signal), 1000);
  /** Only the newest: whether there is any, and how old it is. */
  deliveries = new Resource((signal) => ask<DeliveryList>('api/v1/deliveries?limit=1', signal), LIST_GAP_MS);

  /** What an event of this kind touches. */
  #byKind: Record<string, Array<Resource<unknown>>> = {
    deployment: [this.deployments, this.places, this.history],
    run: [this.runs],
    change: [this.changes],
    incident: [this.incidents, this.openIncidents],
    alert: [this.alerts],
  };

  get #all(): Array<Resource<unknown>> {
    return [this.report, this.trends, this.history, this.places, this.deployments, this.runs, this.changes, this.incidents,
      this.openIncidents, this.alerts, this.sources, this.deliveries];
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
    // The period is the report's own, so that line and number are about the same days.
    const { from, to } = await ask<Report>(`api/v1/metrics/delivery?${address.query}&metric=deployment_frequency`, signal);
    const parts = partsOf({ from: Date.parse(from), to: Date.parse(to) });
    const kept = address.part(['service', 'environment', 'team', 'profile', 'simulated'], {});
    const reports = await Promise.all(parts.map((part) => ask<Report>(
      `api/v1/metrics/delivery?from=${new Date(part.from).toISOString()}&to=${new Date(part.to).toISOString()}&${kept}`, signal)));
    const names = Object.keys(reports[0]?.metrics ?? {});
    return Object.fromEntries(names.map((name) => [name, reports.map((report) => report.metrics[name]?.value ?? null)]));
  }

  async #readHistory(signal: AbortSignal): Promise<DeploymentHistory> {
    const report = await ask<Report>(`api/v1/metrics/delivery?${address.query}&metric=deployment_frequency`, signal);
    const items: Deployment[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < DEPLOYMENT_PAGES_MAX; page += 1) {
      const query: string = address.part(PLACE, { from: report.from, to: report.to, limit: String(PAGE_ROWS), ...(cursor ? { cursor } : {}) });
      const list: DeploymentList = await ask<DeploymentList>(`api/v1/deployments?${query}`, signal);
      items.push(...list.items);
      cursor = list.next_cursor;
      if (!cursor) break;
    }
    const counted = items.filter((one) => one.simulated === report.simulated && (address.get('environment') !== '' || one.production === true));
    return { items: counted, truncated: cursor !== null, from: Date.parse(report.from), to: Date.parse(report.to), zone: report.time_zone };
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
