import { candidateName, type Candidate, type Chains } from '../domain/job.ts';
import type { Emit } from '../domain/events.ts';
import type { NoticeStore } from '../domain/admin-api.ts';
import type { ModelLookup } from '../domain/provider.ts';
import { endsAtMs } from '../jobs/circuit-breaker/model-cooldowns.ts';
import { type Clock, every } from '../kit/clock.ts';

const dayMs = 86_400_000;
/** How long ahead the admins are told. */
const aheadMs = 14 * dayMs;
const checkEveryMs = 6 * 3_600_000;

export type ModelDatesOptions = {
  readonly chains: Chains;
  readonly models: ModelLookup;
  readonly notices: NoticeStore;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Tells once, two weeks ahead, that a model of a chain ends; a restart does not tell again, another date does. */
export class ModelDates implements AsyncDisposable {
  readonly #options: ModelDatesOptions;
  readonly #rounds: Disposable;
  #work: Promise<void> = Promise.resolve();

  constructor(options: ModelDatesOptions) {
    this.#options = options;
    this.#rounds = every(options.clock, checkEveryMs, () => this.check());
  }

  /** Looks at every model of the chains; called at the start and whenever dates may have changed. */
  check(): void {
    const { emit } = this.#options;
    this.#work = this.#work
      .then(() => this.#tell())
      .catch((error: unknown) => emit({ event: 'app.error', what: 'tell which models end', error }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds[Symbol.dispose]();
    await this.#work;
  }

  async #tell(): Promise<void> {
    const { chains, models, notices, clock, emit } = this.#options;
    const all = new Map(
      Object.values(chains)
        .flat()
        .map((candidate): [string, Candidate] => [candidateName(candidate), candidate]),
    );
    for (const [name, { provider, model }] of all) {
      const { endsOn, replacedBy } = models({ provider, model });
      if (endsOn === undefined || endsAtMs(endsOn) - clock.now() > aheadMs) continue;
      const id = `model-ends:${name}:${endsOn}`;
      if (!(await notices.mayTell(id, clock.now()))) continue;
      const instead = replacedBy === undefined ? {} : { replacedBy: candidateName(replacedBy) };
      emit({ event: 'model.ends', provider, model, endsOn, ...instead });
    }
  }
}
