export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}

/** One block of `field: value` lines, as a stream of server-sent events has them; comments are left out. */
export function parseBlock(block: string): StreamEvent {
  const parsed: StreamEvent = { id: '', event: '', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id' || name === 'event') parsed[name] = value;
    else if (name === 'data') parsed.data = parsed.data ? `${parsed.data}\n${value}` : value;
  }
  return parsed;
}

/** Cuts a stream of text into its whole blocks. */
export class BlockReader {
  #rest = '';

  take(text: string): StreamEvent[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.filter((block) => block !== '').map(parseBlock);
  }
}
