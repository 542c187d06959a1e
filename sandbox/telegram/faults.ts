import type { Random } from '../../src/kit/backoff.ts';

export type FaultEffect =
  | { readonly kind: '429'; readonly retryAfterS: number }
  | { readonly kind: '5xx'; readonly status: number }
  /** The call is refused with this code and description, and is not carried out. */
  | { readonly kind: 'refuse'; readonly code: number; readonly says: string }
  /** The connection is cut, and the call is not carried out. */
  | { readonly kind: 'cut-before' }
  /** The call is carried out, but its response is lost. */
  | { readonly kind: 'cut-after' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** A page of HTML with this status instead of an answer; the call is not carried out. */
  | { readonly kind: 'page'; readonly status: number };

/** A fault injected on purpose. Without `method` and `chatId` it matches every call. */
export type TelegramFault = {
  readonly method?: string | RegExp;
  readonly chatId?: number;
  /** The share of the matching calls that it hits, 0 to 1; every one when absent. */
  readonly share?: number;
  /** It ends after it has hit this many calls. */
  readonly times?: number;
  readonly do: FaultEffect;
};

/** Picks the fault for a call: the first that matches and whose share hits. */
export class FaultPlan {
  readonly #random: Random;
  #faults: { readonly fault: TelegramFault; left: number }[] = [];

  constructor(faults: readonly TelegramFault[], random: Random) {
    this.#random = random;
    for (const fault of faults) this.add(fault);
  }

  /** Disposing ends the fault. */
  add(fault: TelegramFault): Disposable {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#faults.push(entry);
    return { [Symbol.dispose]: () => void (this.#faults = this.#faults.filter((other) => other !== entry)) };
  }

  clear(): void {
    this.#faults = [];
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
