import type { Emit } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import { isTokenPool, parseTokenPool, type PoolEntry } from './key-file.ts';

/** Gives the text of a JSON object like that of TOKEN_POOL_FILE, or why there is none; without secrets. */
export type AskForKeys = (
  signal: AbortSignal,
) => Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string }>;

export type KeysElsewhereOptions = {
  /** The variable that says where; it stands in every warning. */
  readonly variable: 'KEYS_COMMAND' | 'VAULT_ADDR';
  readonly ask: AskForKeys;
  readonly providers: ReadonlySet<ProviderName>;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly emit: Emit;
  /** What it asks with; closed with it. */
  readonly client?: AsyncDisposable;
};

const timeoutMs = 30_000;
const maxBytes = 1_000_000;

/**
 * Keys that live elsewhere: asked for at the start and from time to time. When that fails, what was known stays, and it is
 * told once until it works again.
 */
export class KeysElsewhere implements AsyncDisposable {
  readonly #options: KeysElsewhereOptions;
  readonly #closing = new AbortController();
  #entries: readonly PoolEntry[] = [];
  #text = '';
  #version = 0;
  #isFailing = false;
  #rounds: Disposable | undefined;
  #asking: Promise<void> | undefined;

  constructor(options: KeysElsewhereOptions) {
    this.#options = options;
  }

  get entries(): readonly PoolEntry[] {
    return this.#entries;
  }

  /** Grows with every change of the entries. */
  get version(): number {
    return this.#version;
  }

  /** Asks for the first time, and from now on every `everyMs`. */
  async start(): Promise<void> {
    await this.refresh();
    const { clock, everyMs } = this.#options;
    if (everyMs > 0) this.#rounds = every(clock, everyMs, () => void this.refresh());
  }

  /** Asks now; never rejects. */
  refresh(): Promise<void> {
    return (this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds?.[Symbol.dispose]();
    this.#closing.abort(new Error('The app is closing'));
    await this.#asking;
    await this.#options.client?.[Symbol.asyncDispose]();
  }

  async #ask(): Promise<void> {
    const { variable, ask, providers, clock, emit } = this.#options;
    using deadline = clock.deadline(timeoutMs, this.#closing.signal);
    const answer = await ask(deadline).catch(() => ({ ok: false, why: 'it did not end in time' }) as const);
    if (this.#closing.signal.aborted) return;
    const why = answer.ok
      ? isTokenPool(answer.text)
        ? undefined
        : 'it gave no JSON object of lists of keys'
      : answer.why;
    if (why !== undefined || !answer.ok) {
      const text = `${variable} gives no keys: ${why}; the keys that it gave before stay`;
      if (!this.#isFailing) emit({ event: 'config.warning', text });
      this.#isFailing = true;
      return;
    }
    this.#isFailing = false;
    if (answer.text === this.#text) return;
    const pool = parseTokenPool(answer.text, variable, providers);
    for (const text of pool.warnings) emit({ event: 'config.warning', text });
    this.#text = answer.text;
    this.#entries = pool.entries;
    this.#version += 1;
  }
}

/** Runs the operator's own command in a shell; what it prints is the answer, and its errors are not shown. */
export function askCommand(command: string): AskForKeys {
  return async (signal) => {
    // Most bots have no such command.
    const { execFile } = await import('node:child_process');
    return new Promise((resolve) => {
      const options = { signal, maxBuffer: maxBytes, windowsHide: true, killSignal: 'SIGKILL' } as const;
      execFile('/bin/sh', ['-c', command], options, (error, stdout) => {
        if (error === null) return resolve({ ok: true, text: stdout });
        if (signal.aborted) return resolve({ ok: false, why: 'it did not end in time' });
        const code = typeof error.code === 'number' ? `it ended with code ${error.code}` : 'it could not be run';
        return resolve({ ok: false, why: code });
      });
    });
  };
}

/** The part of an HTTP client that Vault is asked with. */
export type VaultHttp = {
  call(call: {
    readonly method: 'GET' | 'POST';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal: AbortSignal;
    readonly bodyLimitBytes: number;
  }): Promise<{ readonly kind: string; readonly status?: number; readonly body?: Uint8Array }>;
};

export type VaultOptions = {
  readonly address: string;
  /** `secret/darkroom`: the mount of a KV engine of version 2, and the path in it. */
  readonly path: string;
  readonly login: { readonly token: Secret } | { readonly roleId: Secret; readonly secretId: Secret };
  readonly namespace: string | undefined;
  readonly http: VaultHttp;
};

/** Reads one secret of HashiCorp Vault (KV version 2); logs in by AppRole where there is no token, and again when it ended. */
export function askVault({ address, path, login, namespace, http }: VaultOptions): AskForKeys {
  const base = address.replace(/\/$/, '');
  const [mount = '', ...rest] = path.split('/').filter((part) => part !== '');
  let token = 'token' in login ? login.token.reveal() : undefined;

  const call = async (
    method: 'GET' | 'POST',
    url: string,
    signal: AbortSignal,
    more: { readonly token?: string; readonly body?: object },
  ) => {
    const reply = await http.call({
      method,
      url,
      headers: {
        accept: 'application/json',
        'x-vault-request': 'true',
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(more.token === undefined ? {} : { 'x-vault-token': more.token }),
        ...(more.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
      signal,
      bodyLimitBytes: maxBytes,
    });
    if (reply.kind !== 'answer' || reply.body === undefined) return { status: 0, value: undefined };
    return { status: reply.status ?? 0, value: parsed(reply.body) };
  };

  const logIn = async (signal: AbortSignal): Promise<string | number> => {
    if ('token' in login) return login.token.reveal();
    const body = { role_id: login.roleId.reveal(), secret_id: login.secretId.reveal() };
    const { status, value } = await call('POST', `${base}/v1/auth/approle/login`, signal, { body });
    const given = field(field(value, 'auth'), 'client_token');
    return typeof given === 'string' ? given : status;
  };

  return async (signal) => {
    for (let tries = 0; ; tries += 1) {
      const held = token ?? (await logIn(signal));
      if (typeof held === 'number') return { ok: false, why: `Vault refuses the AppRole (HTTP ${held})` };
      token = held;
      const url = `${base}/v1/${mount}/data/${rest.join('/')}`;
      const { status, value } = await call('GET', url, signal, { token: held });
      if (status === 403 && tries === 0 && !('token' in login)) {
        token = undefined;
        continue;
      }
      const data = field(field(value, 'data'), 'data');
      if (status !== 200 || typeof data !== 'object' || data === null) {
        return { ok: false, why: status === 0 ? 'Vault cannot be reached' : `Vault answers HTTP ${status}` };
      }
      const notes = field(field(field(value, 'data'), 'metadata'), 'custom_metadata');
      const lists = Object.entries(data).map(([name, keys]) => [name, withEnd(keys, notes, name)]);
      return { ok: true, text: JSON.stringify(Object.fromEntries(lists)) };
    }
  };
}

/** The end that the secret's own metadata tell: `<field>_ends` for the keys of one field, `ends` for all. */
function withEnd(keys: unknown, notes: unknown, name: string): unknown {
  const list: unknown = typeof keys === 'string' ? [keys] : keys;
  const ends = field(notes, `${name}_ends`) ?? field(notes, 'ends');
  if (typeof ends !== 'string' || !Array.isArray(list)) return list;
  return list.map((key: unknown) => (typeof key === 'string' ? { key, ends } : key));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
