import { tooManyRequests } from './api-error.ts';

export type FloodRule = { readonly sends: number; readonly windowMs: number };

type FloodRecord = { sentAtMs: number[]; blockedUntilMs: number; penaltyS: number; penalizedAtMs: number };

/** Who calls so soon after a penalty began cannot know of it yet. */
const onItsWayMs = 250;

/**
 * Counts sends and edits per bucket (a chat, or a method without a chat). A call over the limit gets 429, and so does a
 * call before an earlier `retry_after` has passed; each such early call doubles the penalty, but those that were on their way when it
 * began.
 */
export class FloodControl {
  readonly #buckets = new Map<string, FloodRecord>();

  /** Throws 429 when the bucket is over its limit or still penalized. */
  check(bucket: string, rule: FloodRule, nowMs: number): void {
    const record = this.#bucket(bucket);
    this.checkPenalty(bucket, nowMs);
    record.sentAtMs = record.sentAtMs.filter((atMs) => atMs > nowMs - rule.windowMs);
    const oldestMs = record.sentAtMs[record.sentAtMs.length - rule.sends];
    if (oldestMs === undefined) return;
    throw this.penalize(bucket, Math.max(1, Math.ceil((oldestMs + rule.windowMs - nowMs) / 1000)), nowMs);
  }

  /** Throws a 429 while the bucket is penalized: with twice the penalty, unless the call may not have known of it. */
  checkPenalty(bucket: string, nowMs: number): void {
    const record = this.#bucket(bucket);
    const leftMs = record.blockedUntilMs - nowMs;
    if (leftMs <= 0) record.penaltyS = 0;
    else if (nowMs < record.penalizedAtMs + onItsWayMs) throw tooManyRequests(Math.ceil(leftMs / 1000));
    else throw this.penalize(bucket, record.penaltyS * 2, nowMs);
  }

  /** Returns the 429 of an injected fault; while the bucket is penalized already, the longer of the two penalties counts. */
  fault(bucket: string, retryAfterS: number, nowMs: number): Error {
    const { blockedUntilMs, penaltyS, penalizedAtMs } = this.#bucket(bucket);
    const leftMs = blockedUntilMs - nowMs;
    if (leftMs <= 0) return this.penalize(bucket, retryAfterS, nowMs);
    if (nowMs < penalizedAtMs + onItsWayMs) return tooManyRequests(Math.ceil(leftMs / 1000));
    return this.penalize(bucket, Math.max(retryAfterS, penaltyS * 2), nowMs);
  }

  /** Penalizes the bucket for this long; returns the 429 to throw. */
  penalize(bucket: string, retryAfterS: number, nowMs: number): Error {
    const record = this.#bucket(bucket);
    if (nowMs >= record.blockedUntilMs) record.penalizedAtMs = nowMs;
    record.penaltyS = retryAfterS;
    record.blockedUntilMs = nowMs + retryAfterS * 1000;
    return tooManyRequests(retryAfterS);
  }

  /** Counts sends that were carried out. */
  recordSends(bucket: string, sends: number, nowMs: number): void {
    const { sentAtMs } = this.#bucket(bucket);
    for (let sent = 0; sent < sends; sent += 1) sentAtMs.push(nowMs);
  }

  #bucket(bucket: string): FloodRecord {
    const known = this.#buckets.get(bucket);
    if (known !== undefined) return known;
    const fresh: FloodRecord = { sentAtMs: [], blockedUntilMs: 0, penaltyS: 0, penalizedAtMs: -Infinity };
    this.#buckets.set(bucket, fresh);
    return fresh;
  }
}
