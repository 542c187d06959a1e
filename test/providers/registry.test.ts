import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { type JobKind, jobKinds } from '../../src/domain/kinds.ts';
import { isProviderName } from '../../src/domain/ids.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { createProviders } from '../../src/providers/create-providers.ts';
import {
  builtInChain,
  definitionOf,
  isServed,
  modelTraits,
  providerDefinitions,
  providerNames,
} from '../../src/providers/registry.ts';
import { makes } from '../../src/providers/provider-definition.ts';
import { fakeClock } from '../support/fake-clock.ts';

const source = join(import.meta.dirname, '..', '..', 'src');

/** A provider whose keys are read and not used. */
const unserved = providerDefinitions.find(({ adapter }) => adapter === undefined)?.name ?? 'nobody';

function withoutRepeats(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

test('no two providers share a name, a prefix or an alias', () => {
  expect(providerNames).toEqual(withoutRepeats(providerNames));
  const prefixes = providerDefinitions.flatMap((definition) => definition.prefixes);
  expect(prefixes).toEqual(withoutRepeats(prefixes));
  const aliases = providerDefinitions.flatMap((definition) => definition.aliases ?? []);
  expect(aliases).toEqual(withoutRepeats(aliases));
});

test.each(providerDefinitions)('the definition of $name holds together', (definition) => {
  const { name, prefixes, aliases = [], baseUrl, exampleUrl, seatsPerKey, models, chains } = definition;
  expect(isProviderName(name)).toBe(true);
  expect(definitionOf(name)).toBe(definition);
  // An alias is ordered among the variables of the prefix that it begins with.
  expect(aliases.filter((alias) => !prefixes.some((prefix) => alias.startsWith(`${prefix}_`)))).toEqual([]);
  // A server of one's own has no address before the operator gives one, and then needs no key.
  if (exampleUrl === undefined) expect(new URL(baseUrl).protocol).toBe('https:');
  else expect([baseUrl, definition.keyless, URL.canParse(exampleUrl)]).toEqual(['', 'with-base-url', true]);
  expect(baseUrl.endsWith('/')).toBe(false);
  expect(seatsPerKey).toBeGreaterThanOrEqual(1);
  const ids = models.map(({ model }) => model);
  expect(ids).toEqual(withoutRepeats(ids));
  for (const { endsOn = '2026-12-01' } of models) expect(new Date(endsOn).toISOString().slice(0, 10)).toBe(endsOn);
  for (const kind of jobKinds) {
    const own = models.filter((row) => makes(row, kind)).map(({ model }) => model);
    expect(own).toEqual(expect.arrayContaining([...(chains[kind] ?? [])]));
  }
});

test.each(jobKinds)('the built-in chain for kind %s names only providers that can be asked', (kind) => {
  const chain = builtInChain(kind, new Set(providerNames));
  expect(chain.filter(({ provider }) => !isServed(provider))).toEqual([]);
});

test('the built-in chain is made of the providers it is asked for, in listing order', () => {
  const image = (...names: readonly string[]) => builtInChain('image', new Set(names)).map(({ provider }) => provider);
  expect(image('bytez')).toEqual(['bytez', 'bytez', 'bytez']);
  expect(image('horde', 'bytez', unserved)).toEqual(['bytez', 'bytez', 'bytez', 'horde']);
  expect(image('horde')).toEqual(['horde']);
  expect(image(unserved, 'nobody')).toEqual([]);
});

test('the built-in chain begins with the cheaper of the providers whose prices are known', () => {
  const order = (kind: JobKind) => [...new Set(builtInChain(kind, new Set(providerNames)).map((one) => one.provider))];
  const among = (kind: JobKind, names: readonly string[]) => order(kind).filter((name) => names.includes(name));
  const image = ['pollinations', 'fal', 'replicate', 'bfl', 'xai', 'stability', 'openai', 'gemini'];
  expect(among('image', image)).toEqual(image);
  const edit = ['xai', 'openai', 'gemini', 'bfl', 'stability'];
  expect(among('edit', edit)).toEqual(edit);
  // Where nothing tells a price, the place in the list counts.
  expect(order('image').slice(0, 4)).toEqual(['bytez', 'a1111', 'comfyui', 'horde']);
});

test('modelTraits() assumes nothing of a model or a provider that it does not know', () => {
  const nothing = { seed: false, negative: false };
  expect(modelTraits({ provider: 'bytez', model: 'some/new-model' })).toEqual(nothing);
  expect(modelTraits({ provider: 'stranger', model: 'dreamlike-art/dreamlike-photoreal-2.0' })).toEqual(nothing);
});

test('createProviders() loads the adapters that it is asked for, passes over names without one, and loads more later', async () => {
  await using http = createHttpClient();
  const providers = await createProviders([unserved, 'nobody'], { settings: {}, http, clock: fakeClock() });
  expect([...providers.keys()]).toEqual([]);
  await providers.load(['bytez', unserved]);
  const bytez = providers.get('bytez');
  expect([...providers.keys()]).toEqual(['bytez']);
  expect(bytez?.name).toBe('bytez');
  await providers.load(['bytez']);
  expect(providers.get('bytez')).toBe(bytez);
});

test('no model of a provider is named outside its adapter', () => {
  const ids = providerDefinitions.flatMap(({ models }) => models.map(({ model }) => model));
  // A part that is a plain word, as in `openrouter/auto`, names no model.
  const parts = ids.map((id) => id.slice(id.lastIndexOf('/') + 1)).filter((part) => /[\W\d_]/.test(part));
  const names = withoutRepeats([...ids, ...parts]).filter((name) => !providerNames.includes(name));
  expect(names.length).toBeGreaterThan(0);
  const named = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/^(?:providers|sandbox)\//.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(source, file), 'utf8');
      // A name that is a common word counts where it is a text of its own.
      const isNamed = (name: string) => text.includes(/^[a-z]+$/.test(name) ? `'${name}'` : name);
      return names.filter(isNamed).map((name) => `${file}: ${name}`);
    });
  expect(named).toEqual([]);
});

test('no code of a provider stands outside the adapters, besides those that the gateway answers with', () => {
  const codes = providerDefinitions.flatMap(({ adapter }) =>
    adapter === undefined
      ? []
      : [...Object.values(adapter.failures.codes), ...Object.values(adapter.failures.types)].flat(),
  );
  // One that is a plain word is no sign of a provider.
  const names = withoutRepeats(codes).filter((code) => /[a-z]_[a-z]|[A-Z]{2}_|[a-z][A-Z]/.test(code));
  expect(names.length).toBeGreaterThan(100);
  const said = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/^(?:providers|http\/gateway)\//.test(file))
    .flatMap((file) => {
      const words = new Set(readFileSync(join(source, file), 'utf8').match(/\w+/g));
      return names.filter((name) => words.has(name)).map((name) => `${file}: ${name}`);
    });
  expect(said).toEqual([]);
});

test('reading the registry loads no adapter and no package', () => {
  const loaded = new Set<string>();
  const packages: string[] = [];
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const [, from = ''] of readFileSync(path, 'utf8').matchAll(/^import (?!type )[^;]*?from '([^']+)';/gm)) {
      if (from.startsWith('.')) load(join(dirname(path), from));
      else packages.push(from);
    }
  };
  load(join(source, 'providers', 'registry.ts'));
  expect(packages).toEqual([]);
  const files = [...loaded].map((path) => relative(source, path));
  expect(files).toContain('providers/bytez/bytez-definition.ts');
  expect(files.filter((file) => /-provider\.ts$|http-client/.test(file))).toEqual([]);
});
