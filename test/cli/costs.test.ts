import { expect, test } from 'vitest';
import { costCsv, costLines } from '../../src/cli/costs.ts';
import { csvLine } from '../../src/cli/table.ts';
import { costReport } from '../../src/domain/costs.ts';
import { costOf, type DayCost } from '../../src/domain/costs.ts';
import { keyId } from '../../src/domain/ids.ts';

const row = { kind: 'image', keyId: keyId('k'), unpriced: 0 } as const;
const rows: readonly DayCost[] = [
  { ...row, day: '2026-11-28', provider: 'fal', model: 'flux', keyName: 'fal #1', userId: 7, calls: 2, usd: 0.5 },
  { ...row, day: '2026-11-29', provider: 'openai', model: 'flare', keyName: 'openai #2', userId: 8, calls: 1, usd: 2 },
  {
    ...row,
    day: '2026-11-29',
    provider: 'fal',
    model: 'flux',
    keyName: 'fal #1',
    userId: 0,
    calls: 3,
    usd: 0.01,
    unpriced: 1,
  },
];
const facts = { since: '2026-11-28', currency: 'USD' } as const;

test.each([
  ['provider', ['openai', 'fal']],
  ['key', ['openai #2', 'fal #1']],
  ['model', ['openai:flare', 'fal:flux']],
  ['person', ['8', '7', 'forgotten people']],
  ['kind', ['image']],
] as const)('costReport() sums by %s, dearest first, and by day', (group, names) => {
  const report = costReport(rows, group, facts);
  expect(report.by.map(({ name }) => name)).toEqual(names);
  expect(report.total).toEqual({ calls: 6, usd: 2.51, unpriced: 1 });
  expect(report.days).toEqual([
    { day: '2026-11-28', calls: 2, usd: 0.5, unpriced: 0 },
    { day: '2026-11-29', calls: 4, usd: 2.01, unpriced: 1 },
  ]);
});

test('costLines() names what has no known price, and says so where nothing was spent', () => {
  const terminal = { isTty: false, columns: 80, isColored: false, write: () => undefined };
  const text = costLines(terminal as never, costReport(rows, 'provider', facts)).join('\n');
  expect(text).toContain('2.51 USD since 2026-11-28 (UTC), 6 answered calls');
  expect(text).toMatch(/fal +5 +0\.51 USD +1 without a known price/);
  expect(costLines(terminal as never, costReport([], 'provider', facts))).toEqual([
    'Nothing was spent since 2026-11-28 (UTC): no call was answered.',
  ]);
});

test.each([
  [{ cost: 0.04 }, [{ usd: 9, per: 'call' }], 0.04],
  [undefined, [{ usd: 0.02, per: 'call' }], 0.02],
  [undefined, [{ usd: 0.02, per: 'image' }], 0.02],
  [{ images: 4 }, [{ usd: 0.02, per: 'image' }], 0.08],
  [{ seconds: 5 }, [{ usd: 0.1, per: 'second' }], 0.5],
  [undefined, [{ usd: 0.1, per: 'second' }], undefined],
  [
    { inputTokens: 2_000, outputTokens: 1_000 },
    [
      { usd: 5, per: 'million-input-tokens' },
      { usd: 30, per: 'million-output-tokens' },
    ],
    0.04,
  ],
  [
    { inputTokens: 2_000 },
    [
      { usd: 5, per: 'million-input-tokens' },
      { usd: 30, per: 'million-output-tokens' },
    ],
    undefined,
  ],
  [{ images: 1 }, [], undefined],
] as const)('costOf(%j, %j) is %j', (usage, prices, usd) => {
  const cost = costOf(usage, prices);
  if (usd === undefined) expect(cost).toBeUndefined();
  else expect(cost).toBeCloseTo(usd, 9);
});

test.each(['=1+1', '+1', '-1+1', '@SUM(A1:A9)', '\tx', '\r=x', "=cmd|' /C calc'!A0"])(
  'a cell %j is text to a spreadsheet, not a formula (H24)',
  (cell) => {
    const [first = ''] = csvLine([cell, '-1.5', 'a,"b"']).split(/,(?=-1\.5,)/);
    expect(first.replace(/^"/, '').startsWith("'")).toBe(true);
  },
);

test('costCsv() is a table of days and of what was asked for; numbers stay numbers (H24)', () => {
  const odd = rows.map((one) => ({ ...one, model: '=HYPERLINK("x"),y' }));
  expect(costCsv(costReport(odd, 'model', facts)).split('\r\n')).toEqual([
    'sum of,name,calls,spent,currency,calls without a known price',
    'day,2026-11-28,2,0.500000,USD,0',
    'day,2026-11-29,4,2.010000,USD,1',
    'model,"openai:=HYPERLINK(""x""),y",1,2.000000,USD,0',
    'model,"fal:=HYPERLINK(""x""),y",5,0.510000,USD,1',
    '',
  ]);
  expect(csvLine(['-3', '-0.5'])).toBe('-3,-0.5\r\n');
});
