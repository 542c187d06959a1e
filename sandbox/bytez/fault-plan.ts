import type { Random } from '../../src/kit/backoff.ts';
import type { BytezFault, FaultEffect } from './bytez-fault.ts';

/** `other` is every route that is neither a run nor a list. */
export type FaultRoute = 'run' | 'list' | 'other';

export type FaultDecision = {
  /** The delay of the response. */
  readonly slowMs: number;
  readonly effect?: Exclude<FaultEffect, { kind: 'slow' }>;
};

type Planned = {
  readonly fault: BytezFault;
  seen: number;
  fired: number;
  /** Of a `call-window`: its end, and the calls that it took. */
  window: { readonly untilMs: number; calls: number };
};

/** Decides which faults hit each call of one account: every due `slow`, and the first other fault that is due. */
export class FaultPlan {
  readonly #planned: readonly Planned[];
  readonly #sinceMs: number;
  readonly #random: Random;

  constructor(faults: readonly BytezFault[], nowMs: number, random: Random) {
    this.#planned = faults.map((fault) => ({ fault, seen: 0, fired: 0, window: { untilMs: -Infinity, calls: 0 } }));
    this.#sinceMs = nowMs;
    this.#random = random;
  }

  next(route: FaultRoute, model: string | undefined, nowMs: number, prompt = ''): FaultDecision {
    let slowMs = 0;
    let effect: FaultDecision['effect'];
    for (const planned of this.#planned) {
      const candidate = planned.fault.do;
      if (effect !== undefined && candidate.kind !== 'slow') continue;
      if (!matches(planned.fault, route, model, prompt) || !this.#isDue(planned, nowMs)) continue;
      if (candidate.kind === 'call-window' && isWithinWindow(planned, candidate, nowMs)) continue;
      planned.fired += 1;
      if (candidate.kind === 'slow') slowMs += candidate.ms;
      else effect = candidate;
    }
    return effect === undefined ? { slowMs } : { slowMs, effect };
  }

  #isDue(planned: Planned, nowMs: number): boolean {
    const { every = 1, times = Infinity, afterS = 0, share } = planned.fault.when ?? {};
    if (nowMs < this.#sinceMs + afterS * 1000) return false;
    planned.seen += 1;
    if (planned.seen % every !== 0 || planned.fired >= times) return false;
    return share === undefined || this.#random() < share;
  }
}

/** Counts the call; false for one too many. */
function isWithinWindow(
  planned: Planned,
  { calls, perS }: Extract<FaultEffect, { kind: 'call-window' }>,
  nowMs: number,
): boolean {
  if (nowMs >= planned.window.untilMs) planned.window = { untilMs: nowMs + perS * 1_000, calls: 0 };
  if (planned.window.calls >= calls) return false;
  planned.window.calls += 1;
  return true;
}

function matches(fault: BytezFault, route: FaultRoute, model: string | undefined, prompt: string): boolean {
  if (fault.prompt !== undefined && !prompt.includes(fault.prompt)) return false;
  if (fault.model !== undefined && fault.model !== model) return false;
  if (fault.route === undefined && fault.do.kind === 'unauthorized') return true;
  return (fault.route ?? 'run') === route;
}
