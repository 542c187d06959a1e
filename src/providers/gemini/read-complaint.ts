import { calendarDay, utcDay } from '../../kit/clock.ts';
import type { Complaint } from '../classification/error-body.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';
import { quotaCodes } from './failure-table.ts';

/** Daily quotas are reset at midnight there. */
const pacific = () => calendarDay('America/Los_Angeles') ?? utcDay;

type Violation = { readonly quotaId: string; readonly value: string };

/**
 * Adds the kind of quota that a 429 names, as a code. The wait of one that is counted by the day is the end of the day: the
 * delay that comes with it is one of seconds.
 */
export function withQuota(complaint: Complaint, status: number, body: Uint8Array, nowMs: number): Complaint {
  const parsed = status === 429 ? parseJson(body) : undefined;
  if (parsed?.ok !== true) return complaint;
  const violations = violationsIn(parsed.value);
  const isZero = violations.some(({ value }) => value === '0') || saysZero(complaint.words);
  if (isZero) return { ...complaint, codes: [quotaCodes.none, ...complaint.codes] };
  if (violations.some(({ quotaId }) => /per ?day/i.test(quotaId))) {
    const until = new Date(pacific().nextDayMs(nowMs)).toISOString();
    const waitFields = [{ name: 'reset', value: until }];
    // "GenerateRequestsPerDayPerProjectPerModel": other models have a quota of their own.
    const isOfModel = violations.every(({ quotaId }) => /per ?model/i.test(quotaId));
    const scope = isOfModel ? ({ credit: 'this-model' } as const) : {};
    return { ...complaint, ...scope, codes: [quotaCodes.ofTheDay], waitFields };
  }
  if (violations.some(({ quotaId }) => /per ?minute/i.test(quotaId))) {
    const ofCalls = violations.find(({ quotaId }) => /requests\w*per ?minute/i.test(quotaId))?.value ?? '';
    const window = /^\d{1,6}$/.test(ofCalls) ? { window: { limit: Number(ofCalls), lengthMs: 60_000 } } : {};
    return { ...complaint, ...window, codes: [quotaCodes.ofTheMinute, ...complaint.codes] };
  }
  return complaint;
}

/** `details: [{"@type": "…QuotaFailure", violations: [{quotaMetric, quotaId, quotaValue}]}]` */
function violationsIn(value: unknown): readonly Violation[] {
  const details = fieldsOf(fieldsOf(value)?.get('error'))?.get('details');
  const lists = Array.isArray(details) ? details.map((detail: unknown) => fieldsOf(detail)?.get('violations')) : [];
  return lists
    .flatMap((list: unknown): readonly unknown[] => (Array.isArray(list) ? list : []))
    .flatMap((entry) => {
      const fields = fieldsOf(entry);
      const id = fields?.get('quotaId');
      const limit = fields?.get('quotaValue');
      const isLimit = typeof limit === 'string' || typeof limit === 'number';
      return typeof id === 'string' ? [{ quotaId: id, value: isLimit ? String(limit) : '' }] : [];
    });
}

/** "Quota exceeded for metric: …, limit: 0, model: …" */
function saysZero(words: string): boolean {
  return /\bquota exceeded\b[^\n]{0,200}?\blimit: 0\b/i.test(words);
}
