import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance } from '../../src/config/unknown-names.ts';
import { runs } from '../support/property-runs.ts';

test.each([
  ['ADMIN_IDS', 'ADMIN_IDS', 0],
  ['ADMIN_IDS', 'ADMINIDS', 1],
  ['ADMIN_IDS', 'ADMIN_IDX', 1],
  ['ADMIN_IDS', 'ADMIN_ISD', 1],
  ['ADMIN_IDS', 'DAMIN_ISD', 2],
  ['', 'PORT', 4],
])('editDistance() of %s and %s is %i', (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
});

test('editDistance() with a limit is the distance up to the limit, and infinite above it', () => {
  const name = fc.string({ unit: fc.constantFrom('A', 'B', '_', 'a'), maxLength: 8 });
  fc.assert(
    fc.property(name, name, fc.nat(5), (from, to, max) => {
      const distance = editDistance(from, to);
      expect(editDistance(from, to, max)).toBe(distance > max ? Number.POSITIVE_INFINITY : distance);
    }),
    { numRuns: runs(500) },
  );
});
