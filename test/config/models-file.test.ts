import { expect, test } from 'vitest';
import { parseModelsFile } from '../../src/config/models-file.ts';
import { ModelCatalog, modelTraits } from '../../src/providers/registry.ts';

const yaml = `
# What the built-in table does not know.
models:
  - provider: bytez
    model: org/new-model
    kind: image
    label: The New One
    options: [aspect, seed]
    size: 1024x768
    size_step: 16
    price: 0.04
    per: image
    usual_time_s: 7.5
    who: premium
    replaced_by: org/newer-model
    ends_on: 2026-12-24
  - {provider: horde, model: stable_diffusion, label: Volunteers, who: [7, 8]}
`;

function factsIn(text: string) {
  const table = parseModelsFile(text);
  if (!table.ok) throw new Error(table.mistakes.join('\n'));
  return new ModelCatalog(table.rows).find;
}

test('parseModelsFile() reads all of a row, and what a row does not say stays as the provider defines it', () => {
  const find = factsIn(yaml);
  expect(find({ provider: 'bytez', model: 'org/new-model' })).toEqual({
    size: { width: 1024, height: 768, step: 16 },
    seed: true,
    negative: false,
    label: 'The New One',
    price: { usd: 0.04, per: 'image' },
    usualMs: 7_500,
    audience: 'premium',
    replacedBy: { provider: 'bytez', model: 'org/newer-model' },
    endsOn: '2026-12-24',
  });
  const horde = { provider: 'horde', model: 'stable_diffusion' };
  expect(find(horde)).toEqual({ ...modelTraits(horde), label: 'Volunteers', audience: new Set([7, 8]) });
  const unknown = { provider: 'horde', model: 'another' };
  expect(find(unknown)).toEqual(modelTraits(unknown));
});

test('parseModelsFile() reads JSON, and an empty file as no rows', () => {
  const find = factsIn(
    '[{"provider": "bytez", "model": "a/b", "label": "B", "replaced_by": "horde:stable_diffusion"}]',
  );
  expect(find({ provider: 'bytez', model: 'a/b' })).toMatchObject({
    label: 'B',
    replacedBy: { provider: 'horde', model: 'stable_diffusion' },
  });
  expect(parseModelsFile('')).toEqual({ ok: true, rows: [] });
  expect(parseModelsFile('# nothing yet\n')).toEqual({ ok: true, rows: [] });
});

test('parseModelsFile() lists every mistake by its row and model', () => {
  const rows = [
    '- {provider: nobody, model: a/b}',
    '- {provider: bytez, model: "a b"}',
    '- {provider: bytez, model: a/b, price: 1}',
    '- {provider: bytez, model: a/c, options: [aspect]}',
    '- {provider: bytez, model: a/d, ends_on: 2026-02-30}',
    '- {provider: bytez, model: a/e, replaced_by: a/e}',
    '- {provider: bytez, model: a/f, labell: typo}',
    '- {provider: bytez, model: a/f}',
    '- {provider: bytez, model: a/f}',
    '- {provider: bytez, model: a/g, who: friends}',
    '- just text',
  ];
  const table = parseModelsFile(rows.join('\n'));
  expect(table.ok ? [] : table.mistakes).toEqual([
    expect.stringMatching(/^row 1 \(nobody:a\/b\) must begin with a provider \(bytez, /),
    expect.stringMatching(/^row 2 \(bytez:a b\) must be provider:model/),
    expect.stringMatching(/^row 3 \(bytez:a\/b\) needs price and per together/),
    expect.stringMatching(/^row 4 \(bytez:a\/c\) follows aspect, so it needs its own size/),
    expect.stringMatching(/^row 5 \(bytez:a\/d\) ends_on must be a day/),
    'row 6 (bytez:a/e) replaced_by names the model itself',
    expect.stringMatching(/^row 7 \(bytez:a\/f\) .*"labell"/),
    'row 9 (bytez:a/f) describes the same model as a row before it',
    expect.stringMatching(/^row 10 \(bytez:a\/g\) who /),
    expect.stringMatching(/^row 11 /),
  ]);
});

test.each([
  ['- [', /^cannot be read: /],
  ['hello', /^must be a list of rows/],
  ['models: {}', /^must be a list of rows/],
  ['a: 1\na: 2', /^cannot be read: .*unique/i],
])('parseModelsFile() says what is wrong with %j', (text, mistake) => {
  expect(parseModelsFile(text)).toEqual({ ok: false, mistakes: [expect.stringMatching(mistake)] });
});

test('ModelCatalog takes a date from the list of the provider, unless the operator says otherwise', () => {
  const catalog = new ModelCatalog();
  const [one, other] = [
    { provider: 'openai', model: 'a-1' },
    { provider: 'openai', model: 'a-2' },
  ];
  catalog.noteListed('openai', [
    { model: 'a-1', endsOn: '2027-01-01' },
    { model: 'a-2', endsOn: '2027-01-02' },
  ]);
  catalog.replace([{ ...other, facts: { endsOn: '2027-03-03' } }]);
  expect([catalog.find(one).endsOn, catalog.find(other).endsOn]).toEqual(['2027-01-01', '2027-03-03']);
});
