import * as fc from 'fast-check';

export type Splice = { readonly at: number; readonly drop: number; readonly put: readonly number[] };

/** Few changes: an answer that is broken early exercises little code. */
export const splices: fc.Arbitrary<readonly Splice[]> = sometimes(
  fc.array(
    fc.record({
      at: fc.nat(),
      drop: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 3 }) }, { weight: 1, arbitrary: fc.constant(Infinity) }),
      put: fc.array(fc.constantFrom(0, 0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d, 0x80, 0xff), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
).map((some) => some ?? []);

/** Undefined in three cases of four. */
export function sometimes<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** The bytes with a few of them taken out and others put in. */
export function spliced(bytes: Buffer, { at, drop, put }: Splice): Buffer {
  const from = at % (bytes.byteLength + 1);
  return Buffer.concat([
    bytes.subarray(0, from),
    Buffer.from(put),
    bytes.subarray(Math.min(bytes.byteLength, from + drop)),
  ]);
}
