import { randomUUID } from 'node:crypto';
import { drawPicture } from '../drawing/draw-picture.ts';
import { drawVideo } from '../drawing/draw-video.ts';
import { silentMp3 } from '../sound/silent-mp3.ts';
import type { StandInReply } from './stand-in-server.ts';

/** One run that a stand-in has taken on. */
export type StandInRun<Facts extends object = object> = Facts & {
  readonly id: string;
  readonly account: string;
  readonly prompt: string;
  readonly model: string;
  readonly makes: 'picture' | 'video' | 'sound';
  isCancelled: boolean;
  isDone: boolean;
};

/**
 * The runs of a stand-in for a provider whose runs outlive a call. Each account runs so many at once, in the order in
 * which they came; a hold keeps every run from ending until it is released.
 */
export class StandInRuns<Facts extends object = object> {
  readonly #runs = new Map<string, StandInRun<Facts>>();
  readonly #holds = new Set<object>();
  readonly #concurrency: (account: string) => number;

  constructor(concurrency: (account: string) => number = () => Infinity) {
    this.#concurrency = concurrency;
  }

  add(facts: Facts & Pick<StandInRun, 'account' | 'prompt' | 'model' | 'makes'>): StandInRun<Facts> {
    const run = { ...facts, id: randomUUID(), isCancelled: false, isDone: false };
    this.#runs.set(run.id, run);
    return run;
  }

  find(id: string): StandInRun<Facts> | undefined {
    return this.#runs.get(id);
  }

  /** How many runs of the account come before it can begin; 0 once it runs. */
  ahead(run: StandInRun<Facts>): number {
    const place = this.open(run.account).indexOf(run);
    return Math.max(0, place + 1 - this.#concurrency(run.account));
  }

  /** The runs of an account that have not ended, in their order. */
  open(account: string): readonly StandInRun<Facts>[] {
    return [...this.#runs.values()].filter((run) => run.account === account && !run.isDone && !run.isCancelled);
  }

  /** Ends the run unless it waits for others or a hold keeps it. Returns whether it has ended. */
  settle(run: StandInRun<Facts>): boolean {
    if (!run.isDone && this.#holds.size === 0 && this.ahead(run) === 0) run.isDone = true;
    return run.isDone;
  }

  hold(): { release(): void } {
    const own = {};
    this.#holds.add(own);
    return { release: () => void this.#holds.delete(own) };
  }
}

/** What the host of the results answers: the file of the run, where the same words give the same bytes, or 404. */
export async function resultReply(run: Pick<StandInRun, 'prompt' | 'makes'> | undefined): Promise<StandInReply> {
  if (run === undefined) return { kind: 'reply', status: 404, headers: {}, body: 'not found' };
  const { prompt } = run;
  const files = {
    picture: async () => ['image/png', await drawPicture({ prompt })],
    video: async () => ['video/mp4', await drawVideo({ prompt, width: 256, height: 256 })],
    sound: async () => ['audio/mpeg', silentMp3(2)],
  } as const satisfies Record<StandInRun['makes'], () => Promise<readonly [string, Uint8Array]>>;
  const [type, body] = await files[run.makes]();
  return { kind: 'reply', status: 200, headers: { 'content-type': type }, body };
}
