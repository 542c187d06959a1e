import { expect, test } from 'vitest';
import { lanes } from '../../bench/lanes.ts';

test('premium begins at the next free seat, free people wait little longer beside it, keep their share and are equal', async () => {
  const { figures } = await lanes(() => undefined, 1);
  const of = (words: string) => figures.find(({ what }) => what.includes(words));
  const ratio = (words: string) => (of(words)?.app ?? Number.NaN) / (of(words)?.rival?.value ?? Number.NaN);
  expect(ratio(`premium's median wait`)).toBeLessThanOrEqual(1.2);
  expect(ratio('median wait of free people')).toBeLessThanOrEqual(1.25);
  expect(ratio('longest wait of free people beside it')).toBeLessThanOrEqual(1.25);
  expect(ratio('longest wait of free people while')).toBeLessThanOrEqual(1.25);
  expect(ratio('share of free requests')).toBeGreaterThanOrEqual(0.95);
  expect(of('Jain')?.app).toBeGreaterThanOrEqual(0.95);
});
