import type { Job } from '../../domain/job.ts';

type Refused = Pick<Job, 'id' | 'prompt' | 'origin'>;

const maxKept = 8;
/** This many requests that other models served. */
const enoughElsewhere = 2;
/** This many different prompts, of several people or, where one person is alone, so many more. */
const enoughInVain = { prompts: 3, people: 2, promptsOfOne: 5 } as const;

/**
 * The requests that a model has refused since it last served one, in words that name no cause. One of them may be at
 * fault itself; several different ones in a row show that the model is closed to the accounts there are.
 */
export class ModelRefusals {
  readonly #servedAtMonotonicMs = new Map<string, number>();
  readonly #refused = new Map<string, readonly Refused[]>();

  served(model: string, monotonicMs: number): void {
    this.#servedAtMonotonicMs.set(model, monotonicMs);
    if (this.#refused.size > 0) this.#refused.delete(model);
  }

  /**
   * Records a request; `isElsewhere` when another model has served it, so that it was not at fault. Returns true when the
   * model is closed: never when it has served another request since this one was sent.
   */
  isClosed(model: string, { id, prompt, origin }: Refused, isElsewhere: boolean, sinceMonotonicMs: number): boolean {
    if ((this.#servedAtMonotonicMs.get(model) ?? -Infinity) >= sinceMonotonicMs) return false;
    const others = (this.#refused.get(model) ?? []).filter((one) => one.id !== id);
    const refused = [...others.slice(1 - maxKept), { id, prompt, origin }];
    this.#refused.set(model, refused);
    if (isElsewhere) return refused.length >= enoughElsewhere;
    const prompts = new Set(refused.map((one) => one.prompt)).size;
    const people = new Set(refused.map((one) => one.origin.userId)).size;
    const needed = people >= enoughInVain.people ? enoughInVain.prompts : enoughInVain.promptsOfOne;
    return prompts >= needed;
  }
}
