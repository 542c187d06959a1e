import type { Choice, SkipReason } from '../domain/attempt-trail.ts';
import type { Roster } from './roster.ts';

/** Counts why keys were passed over; those that take no calls are counted by the roster already. */
export type Skips = { otherModel: number; justFailed: number; slow: number };

/** The counts by reason, only those that are not nothing. */
export function skippedOf(roster: Roster, { otherModel, justFailed, slow }: Skips): Choice['skipped'] {
  const { states } = roster;
  const skipped: Partial<Record<SkipReason, number>> = {};
  if (states.cooling > 0) skipped.cooling = states.cooling;
  if (states.benched + states.probing > 0) skipped.benched = states.benched + states.probing;
  if (states.disabled > 0) skipped.disabled = states.disabled;
  const busy = roster.takers - roster.open.length - roster.trials.size;
  if (busy > 0) skipped.busy = busy;
  if (otherModel > 0) skipped['other-model'] = otherModel;
  if (justFailed > 0) skipped['just-failed'] = justFailed;
  if (slow > 0) skipped.slow = slow;
  return skipped;
}
