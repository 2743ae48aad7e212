import type { Alert, Deployment, Incident } from './api-types';
import { counted, oneLine, span } from './format';

export interface Situation {
  incidents: readonly Incident[];
  alerts: readonly Alert[];
  /** The latest attempt per service in production. */
  latest: readonly Deployment[];
  now: number;
}

export interface Verdict {
  level: 'good' | 'warning' | 'bad' | 'unknown';
  text: string;
  detail: string;
}

/** A foreign name keeps its direction of writing to itself. */
const isolated = (name: string): string => `\u2068${oneLine(name)}\u2069`;

const finished = (deployment: Deployment): number => Date.parse(deployment.finished_at ?? deployment.at ?? '');

function lastDeployment(latest: readonly Deployment[], now: number): string {
  const done = latest.filter((one) => one.status === 'success' && !Number.isNaN(finished(one)));
  const last = done.sort((a, b) => finished(b) - finished(a))[0];
  if (!last) return 'No successful production deployment is known.';
  const what = oneLine([last.service, last.version].filter(Boolean).join(' '));
  return `Last production deployment ${span((now - finished(last)) / 1000)} ago${what ? `: ${what}` : ''}.`;
}

/** Which one it is, where there is one: on a phone the list of them is far below. */
function onlyIncident(incidents: readonly Incident[], now: number): string {
  const [only] = incidents;
  if (incidents.length !== 1 || !only?.title) return '';
  const opened = Date.parse(only.opened_at ?? '');
  return `${isolated(only.title)}${Number.isNaN(opened) ? '' : `, for ${span((now - opened) / 1000)}`}.`;
}

/** What a person wants to know first, in one sentence, and when production last changed. */
export function verdictOf({ incidents, alerts, latest, now }: Situation): Verdict {
  const detail = [onlyIncident(incidents, now), lastDeployment(latest, now)].filter(Boolean).join(' ');
  const failed = latest.filter((one) => one.status === 'failed');
  const parts: string[] = [];
  if (incidents.length > 0) parts.push(counted(incidents.length, 'incident is open', 'incidents are open'));
  if (alerts.length > 0) parts.push(counted(alerts.length, 'alert is firing', 'alerts are firing'));
  if (failed.length === 1) parts.push(`the latest deployment of ${failed[0]?.service ? isolated(failed[0].service) : 'a service'} failed`);
  if (failed.length > 1) parts.push(`the latest deployments of ${failed.length} services failed`);
  if (parts.length === 0) {
    return latest.length === 0
      ? { level: 'unknown', text: 'Nothing is known about production yet.', detail: 'Report a deployment, and this line says how it stands.' }
      : { level: 'good', text: 'Nothing is wrong that Fairlead knows of.', detail };
  }
  const text = parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;
  const severe = incidents.length > 0 || alerts.some((one) => one.severity === 'critical' || one.severity === 'high');
  return { level: severe ? 'bad' : 'warning', text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`, detail };
}
