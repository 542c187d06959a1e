import { isDeepStrictEqual } from 'node:util';
import type { FactKind, FactName, KnownFact, SharedFact, SharedKeys } from '../../domain/shared/shared-keys.ts';
import type { Clock } from '../../kit/clock.ts';

export type FactOf<Kind extends FactKind> = Extract<SharedFact, { kind: Kind }>;
export type KnownFactOf<Kind extends FactKind> = Omit<KnownFact, 'fact'> & { readonly fact: FactOf<Kind> };

/** Who keeps the facts of one kind here. */
export type FactKeeper<Kind extends FactKind> = {
  /** What is to be published; undefined where nothing is known of it. */
  read(id: string): FactOf<Kind>['value'] | undefined;
  /** What was read last has been published. */
  published?(id: string): void;
  /** Takes over what another process published; `isUnsaid` while something of our own was not published yet. */
  takeOver(known: KnownFactOf<Kind>, isUnsaid: boolean): void;
  /** Forgets what was not published: this process was taken for dead meanwhile. */
  forgetUnsaid?(): void;
};

export type FactBoardOptions = {
  readonly shared: SharedKeys;
  readonly clock: Clock;
  readonly holder: () => string;
};

type Kept = KnownFact & { readonly readAtMonotonicMs: number };

const maxAtOnce = 4;
const tryAgainAfterMs = 1_000;

/**
 * Publishes what this process finds out, and takes over what others do. Each fact has versions, and a publication names the
 * version that it follows: where another process was faster, its fact is taken over first, what is unsaid here is applied to
 * it, and the outcome is published in its turn. So all processes agree as soon as each has heard of the last version.
 */
export class FactBoard {
  readonly #options: FactBoardOptions;
  readonly #keepers = new Map<FactKind, FactKeeper<FactKind>>();
  readonly #known = new Map<string, Kept>();
  readonly #unsaid = new Map<string, FactName>();
  readonly #stale = new Map<string, FactName>();
  /** Being published right now. */
  readonly #underWay = new Map<string, Promise<void>>();
  #reading: Promise<void> | undefined;
  #life = 0;
  #retry: Disposable | undefined;

  constructor(options: FactBoardOptions) {
    this.#options = options;
  }

  /** From now on the keeper hears of the facts of this kind; first of all that are known. */
  keep<Kind extends FactKind>(kind: Kind, keeper: FactKeeper<Kind>): void {
    this.#keepers.set(kind, keeper as unknown as FactKeeper<FactKind>);
    this.takeOverAgain(kind);
  }

  /** Tells the keeper again of all known facts of the kind: it has become able to take more of them over. */
  takeOverAgain(kind: FactKind): void {
    for (const known of this.#known.values()) if (known.fact.kind === kind) this.#tellKeeper(known);
  }

  known<Kind extends FactKind>(kind: Kind, id: string): FactOf<Kind>['value'] | undefined {
    return this.#known.get(nameOf({ kind, id }))?.fact.value as FactOf<Kind>['value'] | undefined;
  }

  /** Something of our own has changed: it is published as soon as possible, as it is then. */
  changed(kind: FactKind, id: string): void {
    this.#unsaid.set(nameOf({ kind, id }), { kind, id });
    this.#publishNext();
  }

  /** Somebody published the fact. */
  heardOf(name: FactName): void {
    this.#stale.set(nameOf(name), name);
    this.#read();
  }

  /** Reads all facts; rejects when the store is away. */
  async load(): Promise<void> {
    const facts = await this.#options.shared.facts();
    // An account is there once its keys are.
    for (const kind of ['key', 'account', 'breaker', 'model'] as const) {
      for (const known of facts) if (known.fact.kind === kind) this.#takeOver(known);
    }
    this.#publishNext();
  }

  /** Forgets what was not published. */
  forgetUnsaid(): void {
    this.#life += 1;
    this.#unsaid.clear();
    for (const keeper of this.#keepers.values()) keeper.forgetUnsaid?.();
    // What was changed here without being published is as the others have it.
    for (const known of this.#known.values()) this.#tellKeeper(known, false);
  }

  /** Resolves when all that was found out here is published, or cannot be now. */
  async settled(): Promise<void> {
    while (this.#retry === undefined && this.#unsaid.size + this.#underWay.size > 0) {
      this.#publishNext();
      await Promise.all(this.#underWay.values());
    }
  }

  [Symbol.dispose](): void {
    this.#retry?.[Symbol.dispose]();
    this.#unsaid.clear();
  }

  #publishNext(): void {
    for (const [key, name] of this.#unsaid) {
      if (this.#underWay.size >= maxAtOnce) return;
      if (this.#underWay.has(key)) continue;
      const published = this.#publish(key, name).then(
        () => {
          this.#underWay.delete(key);
          this.#publishNext();
        },
        () => {
          this.#underWay.delete(key);
          this.#unsaid.set(key, name);
          this.#tryAgainLater();
        },
      );
      this.#underWay.set(key, published);
    }
  }

  async #publish(key: string, name: FactName): Promise<void> {
    // Includes what else changes in this turn.
    await Promise.resolve();
    const { shared, clock, holder } = this.#options;
    const keeper = this.#keepers.get(name.kind);
    const value = keeper?.read(name.id);
    const known = this.#known.get(key);
    const life = this.#life;
    this.#unsaid.delete(key);
    if (keeper === undefined || value === undefined) return;
    if (isDeepStrictEqual(value, known?.fact.value)) return keeper.published?.(name.id);
    const savedAtMs = clock.now();
    const fact = { ...name, value } as SharedFact;
    const published = await shared.publish(holder(), fact, known?.version ?? 0, savedAtMs);
    const isForgotten = life !== this.#life;
    if (published.kind === 'published') {
      if (!isForgotten) keeper.published?.(name.id);
      const { version } = published;
      const newest = this.#known.get(key);
      if (newest === undefined || version > newest.version) {
        const kept = this.#keepInMind({ fact, version, savedAtMs, ageMs: 0 });
        // It was forgotten here, and the others heard of it all the same.
        if (isForgotten) this.#tellKeeper(kept, this.#unsaid.has(key));
        // Somebody has published on top of it already: that contains what seemed to be unsaid when it was heard.
      } else this.#tellKeeper(newest, this.#unsaid.has(key));
    } else if (!isForgotten) {
      this.#unsaid.set(key, name);
      if (published.kind === 'behind') this.#takeOver(published.known);
      // The new life has not begun yet.
      else throw new Error('Cannot publish: this process was taken for dead');
    }
  }

  #tryAgainLater(): void {
    this.#retry ??= this.#options.clock.schedule(tryAgainAfterMs, () => {
      this.#retry = undefined;
      this.#publishNext();
      this.#read();
    });
  }

  #read(): void {
    if (this.#reading !== undefined) return;
    this.#reading = this.#readStale().then(
      () => {
        this.#reading = undefined;
        // Heard after the last look, and before this.
        if (this.#stale.size > 0) this.#read();
      },
      () => {
        this.#reading = undefined;
        this.#tryAgainLater();
      },
    );
  }

  async #readStale(): Promise<void> {
    // What is told at once is read at once.
    await Promise.resolve();
    while (this.#stale.size > 0) {
      const names = [...this.#stale];
      const facts = await this.#options.shared.facts(names.map(([, name]) => name));
      for (const [key, name] of names) if (this.#stale.get(key) === name) this.#stale.delete(key);
      for (const known of facts) this.#takeOver(known);
    }
  }

  #takeOver(known: KnownFact): void {
    const key = nameOf(known.fact);
    if (known.version <= (this.#known.get(key)?.version ?? 0)) return;
    this.#tellKeeper(this.#keepInMind(known));
  }

  #isUnsaid(name: FactName): boolean {
    return this.#unsaid.has(nameOf(name)) || this.#underWay.has(nameOf(name));
  }

  #keepInMind(known: KnownFact): Kept {
    const kept = { ...known, readAtMonotonicMs: this.#options.clock.monotonicMs() };
    this.#known.set(nameOf(known.fact), kept);
    return kept;
  }

  #tellKeeper({ readAtMonotonicMs, ...known }: Kept, isUnsaid = this.#isUnsaid(known.fact)): void {
    const ageMs = known.ageMs + this.#options.clock.monotonicMs() - readAtMonotonicMs;
    this.#keepers.get(known.fact.kind)?.takeOver({ ...known, ageMs }, isUnsaid);
  }
}

function nameOf({ kind, id }: FactName): string {
  return `${kind} ${id}`;
}
