import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MultiPatternSearch } from '../../../src/observability/redaction/multi-pattern-search.ts';
import { runs } from '../../support/property-runs.ts';

const letters = fc.constantFrom('a', 'b', 'A', 'ü', 'ā');
const form = fc.string({ unit: letters, minLength: 1, maxLength: 12 });
const text = fc.string({ unit: letters, maxLength: 60 });

test('MultiPatternSearch.findIn() finds the first form, the longest of several at one place, never one under four letters', () => {
  fc.assert(
    fc.property(
      fc.array(form, { maxLength: 8 }),
      fc.array(form, { maxLength: 3 }),
      text,
      fc.nat(60),
      (some, more, words, from) => {
        const book = new MultiPatternSearch();
        book.add(some);
        book.add(more);
        const all = [...some, ...more].filter(({ length }) => length >= 4);
        const found = Array.from(words, (_letter, at) => {
          const here = at < from ? [] : all.filter((one) => words.startsWith(one, at));
          return here.sort((a, b) => b.length - a.length).map((one) => ({ at, form: one }));
        });
        expect(book.findIn(words, from)).toEqual(found.flat()[0]);
      },
    ),
    { numRuns: runs(2_000) },
  );
});
