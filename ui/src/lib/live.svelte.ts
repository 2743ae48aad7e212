import { Refusal, credentials, refusalOf, session } from './api.svelte';
import { BlockReader, type StreamEvent } from './sse';

export type LiveState = 'connecting' | 'live' | 'paused' | 'reconnecting' | 'stale';
export type Listener = (event: StreamEvent) => void;

const SILENCE_MS = 45_000; // three of the server's heartbeats
const STALE_AFTER_MS = 30_000;
const RECONNECT_MS = [500, 1000, 2000, 5000, 10_000];

/**
 * The stream of what changes, read by hand: an EventSource can send no token. After a loss it goes on after the last
 * event that it saw; the server says `resync` where that is gone.
 */
class Live {
  state = $state<LiveState>('connecting');
  /** When the last event came, and 0 before the first. */
  lastEventAt = $state(0);

  #lastId = '';
  #lostAt = 0;
  #abort: AbortController | null = null;
  #listeners = new Set<Listener>();

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#lostAt = 0;
    if (this.state === 'paused') this.state = 'connecting';
    void this.#run(this.#abort.signal);
  }

  /** Whoever asks is another one: what that one may see starts anew. */
  restart(): void {
    this.#lastId = '';
    this.start();
  }

  pause(): void {
    this.#abort?.abort();
    this.#abort = null;
    this.state = 'paused';
  }

  stop(): void {
    this.#abort?.abort();
    this.#abort = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.#read(signal, () => (attempt = 0));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refusal && error.wantsLogin) {
          session.refused = true;
          return;
        }
      }
      if (signal.aborted) return;
      this.#lost();
      const wait = RECONNECT_MS[Math.min(attempt, RECONNECT_MS.length - 1)] ?? 0;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #read(signal: AbortSignal, ready: () => void): Promise<void> {
    const quiet = new AbortController();
    const end = () => quiet.abort();
    signal.addEventListener('abort', end);
    let timer = setTimeout(end, SILENCE_MS);
    try {
      const resume: Record<string, string> = this.#lastId ? { 'Last-Event-ID': this.#lastId } : {};
      const answer = await fetch('api/v1/stream', { headers: { ...credentials(), ...resume }, cache: 'no-store', signal: quiet.signal });
      if (!answer.ok || !answer.body) throw await refusalOf(answer);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      const blocks = new BlockReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(end, SILENCE_MS);
        for (const event of blocks.take(value)) {
          if (event.event === 'ready') ready();
          this.#heard(event);
        }
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  #heard(event: StreamEvent): void {
    if (event.event === '') return;
    if (event.id) this.#lastId = event.id;
    if (event.event === 'ready') {
      this.#lostAt = 0;
      this.state = 'live';
    } else {
      this.lastEventAt = Date.now();
    }
    for (const listener of this.#listeners) listener(event);
  }

  #lost(): void {
    this.#lostAt ||= Date.now();
    this.state = Date.now() - this.#lostAt > STALE_AFTER_MS ? 'stale' : 'reconnecting';
  }
}

export const live = new Live();
