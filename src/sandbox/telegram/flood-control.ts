import { tooManyRequests } from './api-error.ts';

export type FloodRule = { readonly sends: number; readonly windowMs: number };

type FloodRecord = { sentAtMs: number[]; blockedUntilMs: number; penaltyS: number };

/**
 * Counts sends and edits a place (a chat, or a method that has none). Too many within the window, and every call that
 * comes before an earlier `retry_after` has passed, get 429; each early call doubles the penalty.
 */
export class FloodControl {
  readonly #places = new Map<string, FloodRecord>();

  /** Throws 429 when the place is flooded or still has to rest. */
  check(place: string, rule: FloodRule, nowMs: number): void {
    const record = this.#place(place);
    this.checkPenalty(place, nowMs);
    record.sentAtMs = record.sentAtMs.filter((atMs) => atMs > nowMs - rule.windowMs);
    const oldestMs = record.sentAtMs[record.sentAtMs.length - rule.sends];
    if (oldestMs === undefined) return;
    throw this.penalize(place, Math.max(1, Math.ceil((oldestMs + rule.windowMs - nowMs) / 1000)), nowMs);
  }

  /** Throws a longer 429 when the place was told to rest and has not. */
  checkPenalty(place: string, nowMs: number): void {
    const record = this.#place(place);
    if (nowMs < record.blockedUntilMs) throw this.penalize(place, record.penaltyS * 2, nowMs);
    record.penaltyS = 0;
  }

  /** A 429 made on purpose; one that comes while the place still rests is as long as the longer of the two. */
  fault(place: string, retryAfterS: number, nowMs: number): Error {
    const { blockedUntilMs, penaltyS } = this.#place(place);
    return this.penalize(place, nowMs < blockedUntilMs ? Math.max(retryAfterS, penaltyS * 2) : retryAfterS, nowMs);
  }

  /** Tells the place to rest; answers the refusal that says so. */
  penalize(place: string, retryAfterS: number, nowMs: number): Error {
    const record = this.#place(place);
    record.penaltyS = retryAfterS;
    record.blockedUntilMs = nowMs + retryAfterS * 1000;
    return tooManyRequests(retryAfterS);
  }

  recordSends(place: string, sends: number, nowMs: number): void {
    const { sentAtMs } = this.#place(place);
    for (let sent = 0; sent < sends; sent += 1) sentAtMs.push(nowMs);
  }

  #place(place: string): FloodRecord {
    const known = this.#places.get(place);
    if (known !== undefined) return known;
    const fresh: FloodRecord = { sentAtMs: [], blockedUntilMs: 0, penaltyS: 0 };
    this.#places.set(place, fresh);
    return fresh;
  }
}
