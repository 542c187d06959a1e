import PQueue from 'p-queue';
import type { Tell } from '../domain/events.ts';
import type { FailureReason } from '../domain/failure.ts';
import type { KeyId } from '../domain/ids.ts';
import type { KeyTest } from '../domain/key-desk.ts';
import type { Provider, ProbeReply } from '../domain/provider.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { Clock } from '../kit/clock.ts';
import type { KeyInPool, TendedPool } from './tended-pool.ts';

const probeTimeoutMs = 15_000;
const mostAtOnce = 16;

export type KeyProberOptions = {
  readonly pool: TendedPool;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly clock: Clock;
  readonly tell: Tell;
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
  readonly #tell: Tell;
  readonly #stop = new AbortController();
  readonly #queue = new PQueue({ concurrency: mostAtOnce });
  readonly #underWay = new Map<KeyId, Promise<KeyTest>>();

  constructor({ pool, providers, clock, tell }: KeyProberOptions) {
    this.#pool = pool;
    this.#providers = providers;
    this.#clock = clock;
    this.#tell = tell;
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
    this.#stop.abort(new Error('The house is closing'));
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
    // Before the pool is told, so that whoever hears of the change finds the probe under way.
    await Promise.resolve();
    const wakes = state.kind === 'benched' && state.reason === 'rejected';
    if (wakes) this.#pool.note(id, { kind: 'probe-begins' });
    const startMs = this.#clock.uptimeMs();
    const { reason, detail } = await this.#ask({ key, state }, provider);
    const ms = this.#clock.uptimeMs() - startMs;
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
      this.#tell({ event: 'house.trouble', what: `Cannot test ${key.name}`, error });
      return { reason: 'unrecognized' };
    }
    return reply.ok ? {} : reply.failure;
  }
}
