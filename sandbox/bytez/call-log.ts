import type { Clock } from '../../src/kit/clock.ts';
import type { FaultKind } from './bytez-fault.ts';

export type BytezRoute = 'run' | 'chat' | 'tasks' | 'models' | 'request' | 'media' | 'unknown';

/** One request that the stand-in received. */
export type BytezCall = {
  readonly route: BytezRoute;
  /** From the path, for a chat from the body. */
  readonly model?: string;
  /** The name of the account that owns the key of the request. */
  readonly account?: string;
  readonly prompt?: string;
  /** The parameters of a run, when it has any. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  /** When the response was ready, or the client had closed the connection. */
  readonly endedAtMs?: number;
  /** Absent when no response was sent: still running, hung, cut or aborted. */
  readonly status?: number;
  readonly fault?: FaultKind;
  /** The client closed the connection before it had the whole response. */
  readonly aborted: boolean;
  /** A credential was sent to the media host, which needs none. */
  readonly leakedKey: boolean;
};

export type OpenCall = { -readonly [Field in keyof BytezCall]: BytezCall[Field] };

/** Records the calls and notifies its listeners when one begins, was parsed, ends or is abandoned. */
export class CallLog {
  readonly calls: OpenCall[] = [];
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(facts: Pick<OpenCall, 'route' | 'model' | 'account' | 'leakedKey'>): OpenCall {
    const call: OpenCall = { ...facts, atMs: this.#clock.now(), aborted: false };
    this.calls.push(call);
    this.notify();
    return call;
  }

  end(call: OpenCall, status: number | undefined): void {
    if (call.endedAtMs !== undefined) return;
    call.endedAtMs = this.#clock.now();
    if (status !== undefined) call.status = status;
    this.notify();
  }

  abandon(call: OpenCall): void {
    call.aborted = true;
    if (call.endedAtMs === undefined) this.end(call, undefined);
    else this.notify();
  }

  onChange(listener: () => void): Disposable {
    const entry = () => listener();
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
