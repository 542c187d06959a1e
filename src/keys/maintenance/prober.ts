import PQueue from 'p-queue';
import type { Emit } from '../../domain/events.ts';
import { type FailureReason, isDoubtful, type Sureness } from '../../domain/failure.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { KeyTest } from '../../domain/admin-api.ts';
import type { Provider, ProbeReply } from '../../domain/provider.ts';
import type { Clock } from '../../kit/clock.ts';
import type { InTurn, KeyInPool, PoolPort } from './pool-port.ts';
import { acceptsCalls } from '../../domain/key-state.ts';

const probeTimeoutMs = 15_000;
const maxConcurrentProbes = 16;

export type KeyProberOptions = {
  readonly pool: PoolPort;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Called when a provider refuses every key alike: it refuses this machine. */
  readonly onBlocked?: (provider: ProviderName) => void;
  /** Does the work where no other process does it; absent where one process works with the keys. */
  readonly inTurn?: InTurn | undefined;
};

type Wanted = (entry: KeyInPool) => boolean;

/** Empty when the key is accepted. */
type Refusal = { readonly reason?: FailureReason; readonly sureness?: Sureness; readonly detail?: string };

/** A probe and its comparisons are over by then. */
const turnMs = 60_000;
/** Who asked for a test waits while another process tests the key. */
const turnEveryMs = 500;
const maxTurnWaits = 40;

/** Probes by themselves leave out a key that some process has probed within this time, in milliseconds. */
export type ProbeOptions = { readonly onTest?: (test: KeyTest) => void; readonly restMs?: number };

/** A refusal whose words name no cause is compared with what so many other keys are told. */
const maxCompared = 2;

/**
 * Probes keys at their providers, free of charge, and applies the result: a refusal benches the key, an acceptance wakes
 * a key that a refusal benched, any other result changes nothing. A probe does not check credit. A refusal whose words
 * name no cause counts against the key only where another key is accepted and the key is refused once more after that: a
 * provider that refuses all of them alike refuses this machine.
 */
export class KeyProber {
  readonly #pool: PoolPort;
  readonly #providers: ReadonlyMap<ProviderName, Provider>;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #stop = new AbortController();
  readonly #queue = new PQueue({ concurrency: maxConcurrentProbes });
  readonly #underWay = new Map<KeyId, Promise<KeyTest | undefined>>();
  readonly #onBlocked: (provider: ProviderName) => void;
  readonly #inTurnOfAll: InTurn | undefined;
  /** The providers whose address was reported as wrong. */
  readonly #doubted = new Set<ProviderName>();
  readonly #answers = new Map<KeyId, { readonly refusal: Promise<Refusal>; readonly atMonotonicMs: number }>();

  constructor({ pool, providers, clock, emit, onBlocked = () => undefined, inTurn }: KeyProberOptions) {
    this.#onBlocked = onBlocked;
    this.#inTurnOfAll = inTurn;
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
    { onTest, restMs }: ProbeOptions = {},
  ): Promise<readonly KeyTest[]> {
    const tests = await Promise.all(
      ids.map(async (id) => {
        const test = await this.#inTurn(id, wanted, restMs);
        if (test !== undefined) onTest?.(test);
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

  async #inTurn(id: KeyId, wanted: Wanted, restMs: number | undefined): Promise<KeyTest | undefined> {
    return this.#underWay.get(id) ?? (await this.#queue.add(() => this.#probeIf(id, wanted, restMs)));
  }

  /** Checks again when the probe starts: the key may have changed in the queue. */
  async #probeIf(id: KeyId, wanted: Wanted, restMs: number | undefined): Promise<KeyTest | undefined> {
    const entry = this.#pool.keys().find(({ key }) => key.id === id);
    const provider = entry && this.#providers.get(entry.key.provider);
    if (this.#stop.signal.aborted || entry === undefined || provider === undefined || !wanted(entry)) return undefined;
    const begun = this.#underWay.get(id) ?? this.#probeAmongAll(entry, provider, restMs);
    this.#underWay.set(id, begun);
    try {
      return await begun;
    } finally {
      this.#underWay.delete(id);
    }
  }

  /** Probes the key where no other process does; who asked for it waits until that one has. */
  async #probeAmongAll(entry: KeyInPool, provider: Provider, restMs: number | undefined): Promise<KeyTest | undefined> {
    const inTurn = this.#inTurnOfAll;
    if (inTurn === undefined) return this.#probeOne(entry, provider);
    const { id } = entry.key;
    const turn = { forMs: turnMs, restMs: restMs ?? 0 };
    const probe = () => {
      // The process that had begun this probe has not lived to end it.
      if (entry.state.kind === 'probing') this.#pool.note(id, { kind: 'probe-unsure' });
      return this.#probeOne(this.#pool.keys().find(({ key }) => key.id === id) ?? entry, provider);
    };
    for (let waits = 0; ; waits += 1) {
      const test = await inTurn(`probe ${id}`, turn, probe);
      if (test !== undefined || restMs !== undefined || waits >= maxTurnWaits) return test;
      const isOver = await this.#clock.sleep(turnEveryMs, this.#stop.signal).then(
        () => false,
        () => true,
      );
      if (isOver) return undefined;
    }
  }

  async #probeOne({ key, state }: KeyInPool, provider: Provider): Promise<KeyTest> {
    const { id, name } = key;
    // Before the pool changes, so that a listener of the change finds the probe under way.
    await Promise.resolve();
    const wakes = state.kind === 'benched' && state.reason === 'rejected';
    if (wakes) this.#pool.note(id, { kind: 'probe-begins' });
    const startMs = this.#clock.monotonicMs();
    const { refusal, isOfKey } = await this.#judged({ key, state }, provider);
    const { reason, detail } = refusal;
    if (reason === 'blocks-this-machine') await this.#isAlone(key, provider);
    await this.#judgeAddress(key, refusal, provider);
    const ms = this.#clock.monotonicMs() - startMs;
    const lacksCredit = state.kind === 'benched' && state.reason === 'out-of-credit';
    if (isOfKey && !lacksCredit) this.#pool.note(id, { kind: 'probe-failed' });
    else if (wakes && this.#isProbed(id))
      this.#pool.note(id, { kind: reason === undefined ? 'probe-passed' : 'probe-unsure' });
    return {
      id,
      name,
      ok: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      ...(detail === undefined ? {} : { detail }),
      ms,
    };
  }

  /** What the key is told, and whether a refusal is its own. */
  async #judged(entry: KeyInPool, provider: Provider): Promise<{ refusal: Refusal; isOfKey: boolean }> {
    const first = await this.#ask(entry, provider);
    const { reason } = first;
    if (reason !== 'rejected' || !isDoubtful({ ...first, reason })) {
      return { refusal: first, isOfKey: reason === 'rejected' };
    }
    if (!(await this.#isAlone(entry.key, provider))) return { refusal: first, isOfKey: false };
    // The provider may have refused everybody until just now, and another key have been asked only afterwards.
    const refusal = await this.#ask(entry, provider);
    return { refusal, isOfKey: refusal.reason === 'rejected' };
  }

  /** False when a second refused call has benched the key while its probe ran: that outweighs the probe. */
  #isProbed(id: KeyId): boolean {
    return this.#pool.keys().some(({ key, state }) => key.id === id && state.kind === 'probing');
  }

  /** True when another key is accepted, or there is no other; reports a provider that refuses all of them alike. */
  async #isAlone({ id, provider: name }: KeyInPool['key'], provider: Provider): Promise<boolean> {
    const others = this.#othersOf({ id, provider: name });
    const own = this.#answers.get(id);
    if (others.length === 0) {
      if ((await own?.refusal)?.reason === 'blocks-this-machine') this.#onBlocked(name);
      return true;
    }
    const sinceMs = own?.atMonotonicMs ?? Infinity;
    const told = await Promise.all(others.map((other) => this.#since(sinceMs, other, provider)));
    if (told.some(({ reason }) => reason === undefined)) return true;
    if (told.every(isUnexplained)) this.#onBlocked(name);
    return false;
  }

  /** Reports a provider whose address answers no key as the provider would, and reports when one is answered again. */
  async #judgeAddress(key: KeyInPool['key'], refusal: Refusal, provider: Provider): Promise<void> {
    const { id, provider: name } = key;
    if (refusal.reason === undefined && this.#doubted.delete(name)) {
      this.#emit({ event: 'address.right', provider: name });
    }
    if (!isOfAddress(refusal) || this.#doubted.has(name)) return;
    const sinceMs = this.#answers.get(id)?.atMonotonicMs ?? Infinity;
    const told = await Promise.all(this.#othersOf(key).map((other) => this.#since(sinceMs, other, provider)));
    if (!told.every(isOfAddress) || this.#doubted.has(name)) return;
    this.#doubted.add(name);
    this.#emit({ event: 'address.wrong', provider: name, detail: refusal.detail ?? '' });
  }

  /** The keys whose answers are compared with those of this one. */
  #othersOf({ id, provider }: Pick<KeyInPool['key'], 'id' | 'provider'>): readonly KeyInPool[] {
    return this.#pool
      .keys()
      .filter(({ key, state }) => key.provider === provider && key.id !== id && state.kind !== 'disabled')
      .toSorted((one, other) => Number(acceptsCalls(other.state)) - Number(acceptsCalls(one.state)))
      .slice(0, maxCompared);
  }

  /** What the key was told at that time or later; it is asked when that is not known. */
  #since(monotonicMs: number, entry: KeyInPool, provider: Provider): Promise<Refusal> {
    const answer = this.#answers.get(entry.key.id);
    return answer !== undefined && answer.atMonotonicMs >= monotonicMs ? answer.refusal : this.#ask(entry, provider);
  }

  #ask(entry: KeyInPool, provider: Provider): Promise<Refusal> {
    const refusal = this.#askNow(entry, provider);
    this.#answers.set(entry.key.id, { refusal, atMonotonicMs: this.#clock.monotonicMs() });
    return refusal;
  }

  /** Returns why the provider refuses the key; empty when it accepts it. */
  async #askNow({ key }: KeyInPool, provider: Provider): Promise<Refusal> {
    let reply: ProbeReply;
    using deadline = this.#clock.deadline(probeTimeoutMs, this.#stop.signal);
    try {
      reply = await provider.probe(key.secret, deadline);
    } catch (error) {
      if (this.#stop.signal.aborted) return { reason: 'unreachable' };
      this.#emit({ event: 'app.error', what: `test ${key.name}`, error });
      return { reason: 'unrecognized' };
    }
    if (reply.seats !== undefined) this.#pool.tellSeats(key.id, reply.seats);
    return reply.ok ? {} : reply.failure;
  }
}

/** True for an answer that is no answer of the provider: no such path, or something else than it lists. */
function isOfAddress({ reason, sureness }: Refusal): boolean {
  return reason === 'malformed' || (reason === 'failed-run' && sureness === 'guess');
}

function isUnexplained({ reason, sureness }: Refusal): boolean {
  return (
    reason === 'blocks-this-machine' || (reason === 'rejected' && isDoubtful({ reason, ...(sureness && { sureness }) }))
  );
}
