/** The command that sends a first deployment: it works as it stands, and anew every time. */
export function firstCommand(base: string, now: number, anonymous: boolean): string {
  const finished = new Date(Math.floor(now / 1000) * 1000);
  const seconds = (time: Date) => time.toISOString().replace('.000Z', 'Z');
  const event = {
    type: 'deployment', id: 'first', service: 'shop', environment: 'production', version: '1.0.0', status: 'success',
    started_at: seconds(new Date(finished.getTime() - 120_000)), finished_at: seconds(finished),
  };
  const token = anonymous ? '' : ` \\\n  -H "Authorization: Bearer $FAIRLEAD_TOKEN"`;
  return `curl -X POST '${new URL('api/v1/events', base)}'${token} \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(event)}'`;
}
