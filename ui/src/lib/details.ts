import type { EntitySummary } from './api-types';
import { oneLine, valueText } from './format';

export interface Field {
  name: string;
  text: string;
  /** Set where the text is a time, in milliseconds. */
  at?: number;
}

/** What the address says of an opened row: `deployment:6859b51e`. */
export interface Place {
  kind: string;
  key: string;
}

export const placeText = ({ kind, key }: Place): string => `${kind.toLowerCase()}:${key}`;

export function placeOf(text: string): Place | null {
  const found = /^([a-z]+):([0-9a-f]{1,64})$/.exec(text);
  return found ? { kind: found[1]!, key: found[2]! } : null;
}

/** Where a row of a number leads: only deployments and runs can be read by their key. */
export const openable = (one: EntitySummary): Place | null =>
  one.type === 'deployment' || one.type === 'run' ? { kind: one.type, key: one.key } : null;

type Row = Readonly<Record<string, unknown>>;

const TEXTS: ReadonlyArray<readonly [string, string]> = [
  ['service', 'Service'], ['environment', 'Environment'], ['version', 'Version'], ['pipeline', 'Pipeline'], ['branch', 'Branch'], ['head_branch', 'Branch'],
  ['base_branch', 'Into'], ['severity', 'Severity'], ['kind', 'Kind'], ['attempt', 'Attempt'], ['trigger', 'Started by'], ['actor', 'Actor'],
  ['deployer', 'Deployer'], ['author', 'Author'], ['repository', 'Repository'], ['sha', 'Commit'], ['merge_sha', 'Merged as'], ['caused_by_version', 'Caused by version'],
  ['description', 'Description'], ['source', 'Sent by'],
];
const TIMES: ReadonlyArray<readonly [string, string]> = [
  ['queued_at', 'Queued'], ['started_at', 'Started'], ['finished_at', 'Finished'], ['first_commit_at', 'First commit'], ['opened_at', 'Opened'],
  ['merged_at', 'Merged'], ['closed_at', 'Closed'], ['acknowledged_at', 'Acknowledged'], ['resolved_at', 'Resolved'], ['starts_at', 'Fired'], ['ends_at', 'Ended'],
];
const LENGTHS: ReadonlyArray<readonly [string, string, string]> = [
  ['queued_at', 'started_at', 'Waited'], ['started_at', 'finished_at', 'Took'], ['opened_at', 'resolved_at', 'Lasted'], ['opened_at', 'merged_at', 'Open for'],
];

/** What is known of a row, in the order in which people ask. What is not known is not there. */
export function fieldsOf(row: Row): Field[] {
  const fields: Field[] = [];
  for (const [member, name] of TEXTS) {
    const value = row[member];
    if (typeof value === 'string' || typeof value === 'number') fields.push({ name, text: oneLine(String(value)) });
  }
  const at = (member: string) => Date.parse(String(row[member] ?? ''));
  for (const [member, name] of TIMES) {
    if (!Number.isNaN(at(member))) fields.push({ name, text: '', at: at(member) });
  }
  for (const [from, to, name] of LENGTHS) {
    const seconds = (at(to) - at(from)) / 1000;
    if (seconds >= 0) fields.push({ name, text: valueText(seconds, 'seconds') });
  }
  return fields;
}

/** The tool's own page of a row. What is no web address could run as a script, and is no link. */
export const webAddress = (url: string | undefined): string | null => (url && /^https?:\/\//i.test(url) ? url : null);

export const titleOf = (kind: string, row: { id: string; title?: string; name?: string; pipeline?: string; version?: string }): string =>
  oneLine(`${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${row.title ?? row.name ?? row.pipeline ?? row.version ?? row.id}`);

