import type { Random } from '../../kit/random.ts';

export type FaultEffect =
  | { readonly kind: '429'; readonly retryAfterS: number }
  | { readonly kind: '5xx'; readonly status: number }
  /** Refused in these words, with nothing done. */
  | { readonly kind: 'refuse'; readonly code: number; readonly says: string }
  /** The connection is cut before the work is done. */
  | { readonly kind: 'cut-before' }
  /** The work is done, but its answer never arrives. */
  | { readonly kind: 'cut-after' }
  | { readonly kind: 'slow'; readonly ms: number };

/** Something that goes wrong on purpose; what is not given matches every call, every time. */
export type TelegramFault = {
  readonly method?: string | RegExp;
  readonly chatId?: number;
  /** How many of the matching calls it befalls, 0 to 1. */
  readonly share?: number;
  /** After so many calls it is over. */
  readonly times?: number;
  readonly do: FaultEffect;
};

/** Picks the fault that befalls a call: the first one that matches and whose chance says so. */
export class FaultPlan {
  readonly #random: Random;
  #faults: { readonly fault: TelegramFault; left: number }[] = [];

  constructor(faults: readonly TelegramFault[], random: Random) {
    this.#random = random;
    for (const fault of faults) this.add(fault);
  }

  add(fault: TelegramFault): void {
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  pick(method: string, chatId: number | undefined): FaultEffect | undefined {
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (entry.left <= 0 || !matches(fault, method, chatId)) continue;
      if (fault.share !== undefined && this.#random() >= fault.share) continue;
      entry.left -= 1;
      return fault.do;
    }
    return undefined;
  }
}

function matches(fault: TelegramFault, method: string, chatId: number | undefined): boolean {
  if (fault.chatId !== undefined && fault.chatId !== chatId) return false;
  if (fault.method === undefined) return true;
  if (typeof fault.method === 'string') return fault.method.toLowerCase() === method.toLowerCase();
  return new RegExp(fault.method.source, fault.method.flags.replaceAll(/[gy]/g, '')).test(method);
}
