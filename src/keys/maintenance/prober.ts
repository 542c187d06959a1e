import PQueue from 'p-queue';
import type { Emit } from '../../domain/events.ts';
import type { FailureReason } from '../../domain/failure.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { KeyTest } from '../../domain/admin-api.ts';
import type { Provider, ProbeReply } from '../../domain/provider.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { KeyInPool, TendedPool } from './pool-port.ts';
import { acceptsCalls } from '../../domain/key-state.ts';
import type { KeyView } from '../../domain/views.ts';

const probeTimeoutMs = 15_000;
const mostAtOnce = 16;

export type KeyProberOptions = {
  readonly pool: TendedPool;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Empty when the key is accepted. */
type Refusal = { readonly reason?: FailureReason; readonly detail?: string };

/**
 * Asks providers whether they accept a key, without spending anything, and passes on only what that says: a refusal
 * benches the key, an acceptance wakes it when a refusal had benched it, and anything else says nothing of the key.
 * Of credit a free probe knows nothing.
 */
export class KeyProber {
  readonly #pool: TendedPool;
  readonly #providers: ReadonlyMap<ProviderName, Provider>;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #stop = new AbortController();
  readonly #queue = new PQueue({ concurrency: mostAtOnce });
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

  /** Calls every probe off; resolves when none is under way any more. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('The app is closing'));
    await this.#queue.onIdle();
  }

  async #inTurn(id: KeyId, wanted: (entry: KeyInPool) => boolean): Promise<KeyTest | undefined> {
    return this.#underWay.get(id) ?? (await this.#queue.add(() => this.#probeIf(id, wanted)));
  }

  /** What was true when the key was put in line may not be when its turn comes. */
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

  /** Why the key is not accepted, as far as the provider said; undefined when it is. */
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
  readonly pool: TendedPool;
  readonly clock: Clock;
  /** How often refused and idle keys are looked after; 0 is never. */
  readonly checkEveryMs: number;
  readonly probe: (ids: readonly KeyId[], wanted: (entry: KeyInPool) => boolean) => void;
};

/**
 * Goes round the keys: a refused one is probed when its time has come, and at each check every refused or idle one is,
 * spread over the time until the next check. A key that carries calls is never probed: its calls say more.
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
