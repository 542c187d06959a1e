import type { Clock } from '../../kit/clock.ts';
import type { FaultKind } from './bytez-fault.ts';

export type BytezRoute = 'run' | 'chat' | 'tasks' | 'models' | 'request' | 'media' | 'unknown';

/** One request as the stand-in saw it. */
export type BytezCall = {
  readonly route: BytezRoute;
  /** From the path, or for a chat from the body. */
  readonly model?: string;
  /** The name of the account whose key came with it. */
  readonly account?: string;
  readonly prompt?: string;
  /** The run's parameters, where it came with any. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  /** When the answer was ready, or the client had gone. */
  readonly endedAtMs?: number;
  /** Absent when no answer was sent: still running, hung, cut or aborted. */
  readonly status?: number;
  readonly fault?: FaultKind;
  /** The client went away before it had the whole answer. */
  readonly aborted: boolean;
  /** A credential came to the media host, which never needs one. */
  readonly leakedKey: boolean;
};

export type OpenCall = { -readonly [Field in keyof BytezCall]: BytezCall[Field] };

/** Keeps every call and tells whoever listens when one begins, is read, ends or is abandoned. */
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
