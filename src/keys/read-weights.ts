/** The weights of a provider's keys, in their order; what is missing or wrong weighs 1 and is named by position. */
export function readWeights(
  variable: string,
  value: string | undefined,
  keyCount: number,
): { readonly weights: readonly number[]; readonly warnings: readonly string[] } {
  const weights = Array.from({ length: keyCount }, () => 1);
  const entries = (value ?? '').split(',').map((entry) => entry.trim());
  if (entries.every((entry) => entry === '')) return { weights, warnings: [] };
  const warnings: string[] = [];
  if (entries.length !== keyCount) {
    warnings.push(`${variable} has ${entries.length} weights for ${keyCount} keys; keys without one weigh 1`);
  }
  for (const [index, entry] of entries.entries()) {
    const weight = /^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(entry) ? Number(entry) : 0;
    if (weight <= 0) {
      warnings.push(`${variable} position ${index + 1} must be a number above 0 and below 10000; it counts as 1`);
    } else if (index < keyCount) {
      weights[index] = weight;
    }
  }
  return { weights, warnings };
}
