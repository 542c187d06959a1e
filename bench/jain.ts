/** Jain's index of fairness among so many people: 1 when all have the same, 1/n when one has everything. */
export function jain(values: readonly number[], people = values.length): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return (sum * sum) / (people * squares);
}
