import type { Problem } from './api-types';

export class Refusal extends Error {
  constructor(readonly status: number, message: string, readonly requestId?: string) {
    super(message);
  }

  get wantsLogin(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

export interface Person {
  name: string;
  role: string;
  anonymous: boolean;
  csrf: string | null;
}

const TOKEN_PLACE = 'fairlead-token';
const SIGNED_IN_PLACE = 'fairlead-signed-in';

/** Who asks: a session's cookie, a token of this tab, or nobody where the server allows that. */
class Session {
  token = $state(sessionStorage.getItem(TOKEN_PLACE));
  person = $state.raw<Person | null>(null);
  /** The server refused the last question for want of a login. */
  refused = $state(false);
  /** Grows with every change of who asks. */
  generation = $state(0);

  get signedIn(): boolean {
    return this.token !== null || (this.person !== null && !this.person.anonymous);
  }

  useToken(token: string | null): void {
    this.token = token;
    if (token) sessionStorage.setItem(TOKEN_PLACE, token);
    else sessionStorage.removeItem(TOKEN_PLACE);
    this.#changed();
  }

  async signIn(name: string, password: string): Promise<void> {
    this.person = await send<Person>('POST', 'api/v1/session', { name, password });
    sessionStorage.removeItem(TOKEN_PLACE);
    this.token = null;
    localStorage.setItem(SIGNED_IN_PLACE, 'yes');
    this.#changed();
  }

  /** After a reload: who the cookie belongs to. Asked only where there may be one. */
  async resume(): Promise<void> {
    if (this.token || localStorage.getItem(SIGNED_IN_PLACE) === null) return;
    try {
      this.person = await ask<Person>('api/v1/session');
    } catch (error) {
      if (error instanceof Refusal && error.wantsLogin) localStorage.removeItem(SIGNED_IN_PLACE);
    }
  }

  async signOut(): Promise<void> {
    if (this.person && !this.person.anonymous) {
      await send('DELETE', 'api/v1/session');
      this.person = null;
      localStorage.removeItem(SIGNED_IN_PLACE);
    }
    this.useToken(null);
  }

  #changed(): void {
    this.refused = false;
    this.generation += 1;
  }
}

export const session = new Session();

export function credentials(): Record<string, string> {
  return session.token ? { Authorization: `Bearer ${session.token}` } : {};
}

export async function refusalOf(answer: Response): Promise<Refusal> {
  let problem: Partial<Problem> = {};
  try {
    problem = (await answer.json()) as Partial<Problem>;
  } catch {
    // Not ours: a proxy in between answered.
  }
  return new Refusal(answer.status, problem.detail ?? `The server answered ${answer.status}.`, problem.request_id);
}

async function call(url: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { cache: 'no-store', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Refusal(0, 'The server does not answer.');
  }
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

export async function ask<T>(url: string, signal?: AbortSignal): Promise<T> {
  const answer = await call(url, { headers: { ...credentials(), Accept: 'application/json' }, ...(signal ? { signal } : {}) });
  return (await answer.json()) as T;
}

/** An answer as it is, for a file. */
export async function file(url: string): Promise<Blob> {
  return (await call(url, { headers: credentials() })).blob();
}

export async function send<T>(method: 'POST' | 'DELETE', url: string, body?: unknown): Promise<T> {
  const csrf = session.person?.csrf;
  const headers = { ...credentials(), ...(csrf ? { 'X-CSRF-Token': csrf } : {}), 'Content-Type': 'application/json', Accept: 'application/json' };
  const answer = await call(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
