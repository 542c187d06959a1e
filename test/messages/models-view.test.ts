import { expect, test } from 'vitest';
import { jobKinds, type JobKind } from '../../src/domain/kinds.ts';
import type { OfferedModel } from '../../src/domain/views.ts';
import { loadCatalog, localizerFor } from '../../src/messages/catalog.ts';
import { modelsView } from '../../src/messages/models-view.ts';
import { providerDefinitions } from '../../src/providers/registry.ts';

const catalog = loadCatalog();

/** What is said of one model, after its name. */
function factsSaid(locale: string, kind: JobKind, price: OfferedModel['price']): string {
  const offered = { [kind]: [{ provider: 'openai', model: 'm', ...(price === undefined ? {} : { price }) }] };
  const { text } = modelsView(localizerFor(catalog, locale), { offered, chosen: {} });
  return text.slice(text.indexOf('• m') + 3).replace(/^ · /, '');
}

test.each<readonly [JobKind, OfferedModel['price'], string]>([
  ['image', { usd: 30, per: 'million-output-tokens' }, 'about $0.032 a picture'],
  ['edit', { usd: 30, per: 'million-output-tokens' }, 'about $0.032 a picture'],
  [
    'chat',
    [
      { usd: 0.5, per: 'million-input-tokens' },
      { usd: 1.5, per: 'million-output-tokens' },
    ],
    'about $0.0013 an answer',
  ],
  ['speech', { usd: 12, per: 'million-output-tokens' }, ''],
  ['image', { usd: 0.0336, per: 'image' }, '$0.0336 a picture'],
  // Seconds of a machine, which nobody knows beforehand.
  ['image', { usd: 0.001, per: 'second' }, ''],
  ['video', { usd: 0.1, per: 'second' }, '$0.10 a second'],
  ['music', { usd: 0.06, per: 'call' }, '$0.06 a request'],
  ['video', undefined, ''],
])('a price of %s, %j, is told as "%s"', (kind, price, words) => {
  expect(factsSaid('en', kind, price)).toBe(words);
});

test.each(catalog.locales)('no built-in price of any provider is told in tokens: %s', (locale) => {
  const rows = providerDefinitions.flatMap(({ models }) => models.filter(({ price }) => price !== undefined));
  expect(rows.length).toBeGreaterThan(10);
  for (const { kind, price } of rows) {
    for (const each of kind === 'image' ? (['image', 'edit'] as const) : [kind]) {
      const said = factsSaid(locale, each, price);
      expect(said).toMatch(/\$|USD/);
      expect(said).not.toMatch(/token|токен/i);
    }
  }
  for (const kind of jobKinds) {
    const tokens = factsSaid(locale, kind, { usd: 30, per: 'million-output-tokens' });
    expect(tokens).not.toMatch(/token|токен|30/i);
  }
});
