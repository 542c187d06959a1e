import type { NoticeStore } from '../../domain/admin-api.ts';
import type { Emit } from '../../domain/events.ts';
import type { KeyId } from '../../domain/ids.ts';
import { hasEnded, keyEndMs } from '../../domain/key-state.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { PoolPort } from './pool-port.ts';

const dayMs = 86_400_000;
/** How long ahead the admins are told. */
const aheadMs = 14 * dayMs;
const checkEveryMs = 60_000;

export type KeyEndsOptions = {
  readonly pool: Pick<PoolPort, 'keys' | 'note'>;
  readonly notices: NoticeStore;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Takes keys out of use on the UTC day of their end, which is no failure of theirs, and back when the end was moved. Tells
 * once, two weeks ahead; a restart does not tell again, another date does.
 */
export class KeyEnds implements AsyncDisposable {
  readonly #options: KeyEndsOptions;
  readonly #rounds: Disposable;
  /** The names of keys whose alert may be raised. */
  readonly #told = new Map<KeyId, string>();
  #work: Promise<void> = Promise.resolve();

  constructor(options: KeyEndsOptions) {
    this.#options = options;
    this.#rounds = every(options.clock, checkEveryMs, () => this.check());
    this.check();
  }

  /** Looks at every key; called whenever keys or dates may have changed. */
  check(): void {
    const { pool, clock, emit } = this.#options;
    const nowMs = clock.now();
    for (const { key, state } of pool.keys()) {
      const isOver = hasEnded(key.endsOn, nowMs);
      const isOut = state.kind === 'disabled' && state.ended === true;
      if (isOver !== isOut) pool.note(key.id, { kind: isOver ? 'ends' : 'goes-on' });
    }
    this.#work = this.#work
      .then(() => this.#tell())
      .catch((error: unknown) => emit({ event: 'app.error', what: 'tell which keys end', error }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds[Symbol.dispose]();
    await this.#work;
  }

  async #tell(): Promise<void> {
    const { pool, notices, clock, emit } = this.#options;
    const ending = new Set<KeyId>();
    for (const { key } of pool.keys()) {
      const { id, name, provider, endsOn } = key;
      if (endsOn === undefined || keyEndMs(endsOn) - clock.now() > aheadMs) continue;
      ending.add(id);
      const notice = `key-ends:${id}:${endsOn}`;
      this.#told.set(id, name);
      if (!(await notices.mayTell(notice, clock.now()))) continue;
      emit({ event: 'key.ends', keyId: id, keyName: name, provider, endsOn });
    }
    for (const [id, keyName] of this.#told) {
      if (ending.has(id)) continue;
      this.#told.delete(id);
      emit({ event: 'key.stays', keyId: id, keyName });
    }
  }
}
