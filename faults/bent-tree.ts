import * as fc from 'fast-check';

/** One change somewhere in a JSON value. */
export type Bend = {
  /** Which child at each level, counted round. */
  readonly path: readonly number[];
  readonly how: 'replace' | 'remove' | 'add' | 'wrap';
  readonly value: unknown;
};

export function bends(value: fc.Arbitrary<unknown>): fc.Arbitrary<readonly Bend[]> {
  const bend = fc.record({
    path: fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 4 }),
    how: fc.constantFrom('replace', 'remove', 'add', 'wrap'),
    value,
  });
  return fc.array(bend, { maxLength: 3 });
}

/** The tree with the value in the place of one of its parts, beside it or around it. */
export function bent(tree: unknown, { path, how, value }: Bend): unknown {
  const [step, ...deeper] = path;
  if (step === undefined || typeof tree !== 'object' || tree === null) return how === 'wrap' ? [tree] : value;
  const entries = Object.entries(tree);
  if (entries.length === 0) return value;
  const chosen = step % entries.length;
  const next = entries.flatMap(([name, child], index): [string, unknown][] => {
    if (index !== chosen) return [[name, child]];
    if (how === 'remove' && deeper.length === 0) return [];
    return [[name, bent(child, { path: deeper, how, value })]];
  });
  if (how === 'add') next.push([`extra_${step % 3}`, value]);
  return Array.isArray(tree) ? next.map(([, child]) => child) : Object.fromEntries(next);
}
