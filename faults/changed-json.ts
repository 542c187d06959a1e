import * as fc from 'fast-check';

/** One change somewhere in a JSON value. */
export type JsonChange = {
  /** The child at each level, modulo the number of children. */
  readonly path: readonly number[];
  readonly how: 'replace' | 'remove' | 'add' | 'wrap';
  readonly value: unknown;
};

export function jsonChanges(value: fc.Arbitrary<unknown>): fc.Arbitrary<readonly JsonChange[]> {
  const bend = fc.record({
    path: fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 4 }),
    how: fc.constantFrom('replace', 'remove', 'add', 'wrap'),
    value,
  });
  return fc.array(bend, { maxLength: 3 });
}

/** The tree with the value in place of one of its parts, next to it or around it. */
export function changedJson(tree: unknown, { path, how, value }: JsonChange): unknown {
  const [step, ...deeper] = path;
  if (step === undefined || typeof tree !== 'object' || tree === null) return how === 'wrap' ? [tree] : value;
  const entries = Object.entries(tree);
  if (entries.length === 0) return value;
  const chosen = step % entries.length;
  const next = entries.flatMap(([name, child], index): [string, unknown][] => {
    if (index !== chosen) return [[name, child]];
    if (how === 'remove' && deeper.length === 0) return [];
    return [[name, changedJson(child, { path: deeper, how, value })]];
  });
  if (how === 'add') next.push([`extra_${step % 3}`, value]);
  return Array.isArray(tree) ? next.map(([, child]) => child) : Object.fromEntries(next);
}
