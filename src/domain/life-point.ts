import type { JobId } from './ids.ts';

/** Moments of a job's life between which it changes hands: at each of them a process may die. */
export const lifePoints = [
  'accepted',
  'claimed',
  'call-noted',
  'calling',
  'answered',
  'downloading',
  'file-kept',
  'settled',
  'delivering',
  'delivered-not-told',
] as const;
export type LifePoint = (typeof lifePoints)[number];

/** Called when a job comes to the point; tests end the process there. */
export type Reach = (point: LifePoint, jobId: JobId) => void;

export const reachNothing: Reach = () => undefined;
