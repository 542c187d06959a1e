import { median, quantile } from './quantile.ts';

const resamples = 4_000;

export type Interval = { readonly median: number; readonly low: number; readonly high: number };

/** The median of samples that do not depend on each other, and the 95 % interval of it, by bootstrap. */
export function medianWithin(samples: readonly number[]): Interval {
  const draw = () => samples[Math.floor(Math.random() * samples.length)] ?? 0;
  const medians = Array.from({ length: resamples }, () => median(samples.map(draw)));
  return { median: median(samples), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}
