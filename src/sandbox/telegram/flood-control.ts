import { tooManyRequests } from './api-error.ts';

export type FloodRule = { readonly sends: number; readonly windowMs: number };

type Flooded = { sentAtMs: number[]; blockedUntilMs: number; penaltyS: number };

/**
 * Counts sends and edits a place (a chat, or a method that has none). Too many within the window, and every call that
 * comes before an earlier `retry_after` has passed, get 429; each early call doubles the penalty.
 */
export class FloodControl {
  readonly #places = new Map<string, Flooded>();

  /** Throws 429 when the place is flooded or still has to rest. */
  check(place: string, rule: FloodRule, nowMs: number): void {
    const flooded = this.#place(place);
    this.checkRest(place, nowMs);
    flooded.sentAtMs = flooded.sentAtMs.filter((atMs) => atMs > nowMs - rule.windowMs);
    const oldestMs = flooded.sentAtMs[flooded.sentAtMs.length - rule.sends];
    if (oldestMs === undefined) return;
    throw this.punish(place, Math.max(1, Math.ceil((oldestMs + rule.windowMs - nowMs) / 1000)), nowMs);
  }

  /** Throws a longer 429 when the place was told to rest and has not. */
  checkRest(place: string, nowMs: number): void {
    const flooded = this.#place(place);
    if (nowMs < flooded.blockedUntilMs) throw this.punish(place, flooded.penaltyS * 2, nowMs);
    flooded.penaltyS = 0;
  }

  /** A 429 made on purpose; one that comes while the place still rests is as long as the longer of the two. */
  fault(place: string, retryAfterS: number, nowMs: number): Error {
    const { blockedUntilMs, penaltyS } = this.#place(place);
    return this.punish(place, nowMs < blockedUntilMs ? Math.max(retryAfterS, penaltyS * 2) : retryAfterS, nowMs);
  }

  /** Tells the place to rest; answers the refusal that says so. */
  punish(place: string, retryAfterS: number, nowMs: number): Error {
    const flooded = this.#place(place);
    flooded.penaltyS = retryAfterS;
    flooded.blockedUntilMs = nowMs + retryAfterS * 1000;
    return tooManyRequests(retryAfterS);
  }

  note(place: string, sends: number, nowMs: number): void {
    const { sentAtMs } = this.#place(place);
    for (let sent = 0; sent < sends; sent += 1) sentAtMs.push(nowMs);
  }

  #place(place: string): Flooded {
    const known = this.#places.get(place);
    if (known !== undefined) return known;
    const fresh: Flooded = { sentAtMs: [], blockedUntilMs: 0, penaltyS: 0 };
    this.#places.set(place, fresh);
    return fresh;
  }
}
