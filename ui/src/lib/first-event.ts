/**
 * The command that sends a first deployment: it works as it stands, and anew every time. `token` goes into it; null
 * where the server asks for none.
 */
export function firstCommand(base: string, now: number, token: string | null): string {
  const finished = new Date(Math.floor(now / 1000) * 1000);
  const seconds = (time: Date) => time.toISOString().replace('.000Z', 'Z');
  const event = {
    type: 'deployment', id: 'first', service: 'shop', environment: 'production', version: '1.0.0', status: 'success',
    started_at: seconds(new Date(finished.getTime() - 120_000)), finished_at: seconds(finished),
  };
  const authorization = token === null ? '' : ` \\\n  -H "Authorization: Bearer ${token}"`;
  // A line break before the longer members: the command is read before it is run.
  const body = JSON.stringify(event).replace(',"environment"', ',\n       "environment"').replace(',"started_at"', ',\n       "started_at"');
  return `curl -X POST '${new URL('api/v1/events', base)}'${authorization} \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}
