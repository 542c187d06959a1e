/** The smallest sample that at least this share (0 to 1) of all samples does not exceed. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error(`Cannot take the ${share} quantile: there is no sample`);
  return value;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}
