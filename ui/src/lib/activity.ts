import type { Alert, Change, Deployment, Incident, Run } from './api-types';
import { oneLine } from './format';

export type Shape = 'success' | 'failed' | 'warning' | 'running' | 'queued' | 'cancelled' | 'quiet';

export interface Activity {
  key: string;
  at: number;
  kind: 'Deployment' | 'Run' | 'Change' | 'Incident' | 'Alert';
  shape: Shape;
  status: string;
  service: string;
  environment: string;
  what: string;
  simulated: boolean;
}

const SHAPES: Record<string, Shape> = {
  success: 'success', resolved: 'success', merged: 'success', failed: 'failed', open: 'warning', firing: 'warning',
  acknowledged: 'warning', running: 'running', queued: 'queued', cancelled: 'cancelled', closed: 'cancelled',
};

export function shapeOf(kind: Activity['kind'], status: string): Shape {
  if (kind === 'Change' && status === 'open') return 'running'; // nothing is wrong with an open change
  return SHAPES[status] ?? 'quiet';
}

interface Common {
  key: string;
  at?: string;
  status?: string;
  service?: string;
  environment?: string;
  simulated: boolean;
}

function activity(kind: Activity['kind'], row: Common, what: string | undefined): Activity {
  const status = row.status ?? 'unknown';
  return {
    key: row.key, kind, status, shape: shapeOf(kind, status), at: Date.parse(row.at ?? ''), service: oneLine(row.service ?? ''),
    environment: oneLine(row.environment ?? ''), what: oneLine(what ?? ''), simulated: row.simulated,
  };
}

export const ofDeployment = (row: Deployment): Activity => activity('Deployment', row, row.version ?? row.sha?.slice(0, 10) ?? row.id);
export const ofRun = (row: Run): Activity => activity('Run', row, [row.pipeline, row.branch].filter(Boolean).join(' · ') || row.id);
export const ofChange = (row: Change): Activity => activity('Change', row, [`#${row.id}`, row.title].filter(Boolean).join(' '));
export const ofIncident = (row: Incident): Activity => activity('Incident', row, row.title ?? row.id);
export const ofAlert = (row: Alert): Activity => activity('Alert', row, row.name ?? row.id);

/** The newest first; of those without a time nothing can be said. */
export function newest(lists: ReadonlyArray<readonly Activity[]>, count: number): Activity[] {
  return lists.flat().filter((row) => !Number.isNaN(row.at)).sort((a, b) => b.at - a.at || a.key.localeCompare(b.key)).slice(0, count);
}
