import PQueue from 'p-queue';
import type { Emit } from '../../domain/events.ts';
import type { FailureReason } from '../../domain/failure.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { KeyTest } from '../../domain/admin-api.ts';
import type { Provider, ProbeReply } from '../../domain/provider.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { KeyInPool, PoolPort } from './pool-port.ts';
import { acceptsCalls } from '../../domain/key-state.ts';
import type { KeyView } from '../../domain/views.ts';

const probeTimeoutMs = 15_000;
const maxConcurrentProbes = 16;

export type KeyProberOptions = {
  readonly pool: PoolPort;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Empty when the key is accepted. */
type Refusal = { readonly reason?: FailureReason; readonly detail?: string };

/**
 * Probes keys at their providers, free of charge, and applies the result: a refusal benches the key, an acceptance wakes
 * a key that a refusal benched, any other result changes nothing. A probe does not check credit.
 */
export class KeyProber {
  readonly #pool: PoolPort;
  readonly #providers: ReadonlyMap<ProviderName, Provider>;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #stop = new AbortController();
  readonly #queue = new PQueue({ concurrency: maxConcurrentProbes });
  readonly #underWay = new Map<KeyId, Promise<KeyTest>>();

  constructor({ pool, providers, clock, emit }: KeyProberOptions) {
    this.#pool = pool;
    this.#providers = providers;
    this.#clock = clock;
    this.#emit = emit;
  }

  isProbing(id: KeyId): boolean {
    return this.#underWay.has(id);
  }

  /** Probes these keys, some at a time; a key whose provider cannot be asked is left out, one that is being probed is not probed twice. */
  async probe(
    ids: readonly KeyId[],
    wanted: (entry: KeyInPool) => boolean = () => true,
    onTest: (test: KeyTest) => void = () => undefined,
  ): Promise<readonly KeyTest[]> {
    const tests = await Promise.all(
      ids.map(async (id) => {
        const test = await this.#inTurn(id, wanted);
        if (test !== undefined) onTest(test);
        return test;
      }),
    );
    return tests.filter((test) => test !== undefined);
  }

  /** Aborts every probe; resolves when none is running. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('The app is closing'));
    await this.#queue.onIdle();
  }

  async #inTurn(id: KeyId, wanted: (entry: KeyInPool) => boolean): Promise<KeyTest | undefined> {
    return this.#underWay.get(id) ?? (await this.#queue.add(() => this.#probeIf(id, wanted)));
  }

  /** Checks again when the probe starts: the key may have changed in the queue. */
  async #probeIf(id: KeyId, wanted: (entry: KeyInPool) => boolean): Promise<KeyTest | undefined> {
    const entry = this.#pool.keys().find(({ key }) => key.id === id);
    const provider = entry && this.#providers.get(entry.key.provider);
    if (this.#stop.signal.aborted || entry === undefined || provider === undefined || !wanted(entry)) return undefined;
    const begun = this.#underWay.get(id) ?? this.#probeOne(entry, provider);
    this.#underWay.set(id, begun);
    try {
      return await begun;
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #probeOne({ key, state }: KeyInPool, provider: Provider): Promise<KeyTest> {
    const { id, name } = key;
    // Before the pool changes, so that a listener of the change finds the probe under way.
    await Promise.resolve();
    const wakes = state.kind === 'benched' && state.reason === 'rejected';
    if (wakes) this.#pool.note(id, { kind: 'probe-begins' });
    const startMs = this.#clock.monotonicMs();
    const { reason, detail } = await this.#ask({ key, state }, provider);
    const ms = this.#clock.monotonicMs() - startMs;
    const lacksCredit = state.kind === 'benched' && state.reason === 'out-of-credit';
    if (reason === 'rejected' && !lacksCredit) this.#pool.note(id, { kind: 'probe-failed' });
    else if (wakes) this.#pool.note(id, { kind: reason === undefined ? 'probe-passed' : 'probe-unsure' });
    return {
      id,
      name,
      ok: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      ...(detail === undefined ? {} : { detail }),
      ms,
    };
  }

  /** Returns why the provider refuses the key; empty when it accepts it. */
  async #ask({ key }: KeyInPool, provider: Provider): Promise<Refusal> {
    let reply: ProbeReply;
    using deadline = this.#clock.deadline(probeTimeoutMs, this.#stop.signal);
    try {
      reply = await provider.probe(key.secret, deadline);
    } catch (error) {
      if (this.#stop.signal.aborted) return { reason: 'unreachable' };
      this.#emit({ event: 'app.error', what: `test ${key.name}`, error });
      return { reason: 'unrecognized' };
    }
    return reply.ok ? {} : reply.failure;
  }
}

const lookForDueEveryMs = 5_000;

export type KeyRoundsOptions = {
  readonly pool: PoolPort;
  readonly clock: Clock;
  /** How often refused and idle keys are probed, in milliseconds; 0 is never. */
  readonly checkEveryMs: number;
  readonly probe: (ids: readonly KeyId[], wanted: (entry: KeyInPool) => boolean) => void;
};

/**
 * Probes keys on a schedule: a refused key when it is due, and at each check every refused or idle key, spread over the
 * time until the next check. A key with calls in flight is not probed: its calls are the better evidence.
 */
export class KeyRounds implements Disposable {
  readonly #options: KeyRoundsOptions;
  readonly #rounds: Disposable[];
  #turns: readonly Disposable[] = [];

  constructor(options: KeyRoundsOptions) {
    const { clock, checkEveryMs } = options;
    this.#options = options;
    this.#rounds = [
      every(clock, lookForDueEveryMs, () => this.#probeDue()),
      ...(checkEveryMs > 0 ? [every(clock, checkEveryMs, () => this.#check())] : []),
    ];
  }

  [Symbol.dispose](): void {
    for (const one of [...this.#rounds, ...this.#turns]) one[Symbol.dispose]();
  }

  #probeDue(): void {
    const { pool, clock, probe } = this.#options;
    const isDue = ({ state }: KeyInPool) => isRefused(state) && state.probeAtMs <= clock.now();
    const due = pool.keys().filter(isDue);
    if (due.length > 0) {
      probe(
        due.map(({ key }) => key.id),
        isDue,
      );
    }
  }

  #check(): void {
    const { pool, clock, checkEveryMs } = this.#options;
    for (const turn of this.#turns) turn[Symbol.dispose]();
    const ids = pool
      .snapshot()
      .keys.filter((view) => this.#wantsCheck(view))
      .map(({ id }) => id);
    this.#turns = ids.map((id, index) => clock.schedule((index * checkEveryMs) / ids.length, () => this.#checkOne(id)));
  }

  #checkOne(id: KeyId): void {
    const view = this.#options.pool.snapshot().keys.find((one) => one.id === id);
    if (view !== undefined && this.#wantsCheck(view)) this.#options.probe([id], () => true);
  }

  #wantsCheck({ state, inFlight, lastUsedMs = 0 }: KeyView): boolean {
    if (isRefused(state)) return true;
    const { clock, checkEveryMs } = this.#options;
    return acceptsCalls(state) && inFlight === 0 && lastUsedMs <= clock.now() - checkEveryMs;
  }
}

function isRefused(state: KeyView['state']): state is Extract<KeyView['state'], { kind: 'benched' }> {
  return state.kind === 'benched' && state.reason === 'rejected';
}
