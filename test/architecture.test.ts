import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '..', 'src');

/** What is known of each provider, as data: others may read it, and only it. */
const registry = 'provider registry';
const registryFiles: ReadonlySet<string> = new Set(['providers/registry.ts', 'providers/provider-definition.ts']);

/** Who may import whom; a room always may import itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  kit: [],
  messages: ['domain'],
  keys: ['domain', 'kit', registry],
  media: ['domain', 'kit'],
  providers: ['domain', 'kit', 'media', registry],
  generation: ['domain', 'kit', 'keys', 'media'],
  storage: ['domain', 'kit'],
  observability: ['domain', 'kit'],
  bot: ['domain', 'kit', 'messages', 'generation'],
  http: ['domain', 'kit'],
  sandbox: ['domain', 'kit'],
};

/** The composition root and the process edge, and the rooms of single files: the environment. */
const appFiles: Readonly<Record<string, readonly string[]>> = {
  app: [...Object.keys(mayImport), registry, 'config.ts', 'config-providers.ts'],
  'main.ts': ['cli'],
  // Storage, generation and the bot only by way of the app.
  cli: [
    'domain',
    'kit',
    'keys',
    'messages',
    'observability',
    'providers',
    'http',
    'sandbox',
    registry,
    'app',
    'config.ts',
    'config-names.ts',
    'config-providers.ts',
    'environment.ts',
  ],
  config: ['config-schema.ts'],
  'config.ts': ['domain', 'kit', 'config-providers.ts', 'config-schema.ts'],
  'config-chains.ts': ['domain', registry, 'config-grammar.ts'],
  'config-edit-distance.ts': [],
  'config-grammar.ts': ['domain', 'kit'],
  'config-names.ts': ['keys', registry, 'config-edit-distance.ts', 'config-providers.ts', 'config-schema.ts'],
  'config-providers.ts': ['domain', registry, 'config-grammar.ts'],
  'config-schema.ts': ['domain', 'kit', 'config-chains.ts', 'config-grammar.ts'],
  'environment.ts': [],
};

const imports =
  /(?:^|\s)(?:import|export)\s[^'"]*?from\s*['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)|^import\s+['"](\.[^'"]+)['"]/gm;

type Arrow = { readonly from: string; readonly to: string; readonly file: string };

function roomOf(path: string): string {
  const [first = ''] = relative(source, path).split(sep);
  return first;
}

/** The room of an imported file; the registry of providers is one of its own, to which more rooms have a right. */
function targetOf(path: string): string {
  return registryFiles.has(relative(source, path).split(sep).join('/')) ? registry : roomOf(path);
}

function arrows(): readonly Arrow[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.flatMap((name) => {
    const path = join(source, name);
    return [...readFileSync(path, 'utf8').matchAll(imports)].flatMap(([, plain, dynamic, bare]) => {
      const target = plain ?? dynamic ?? bare ?? '';
      const to = join(dirname(path), target);
      return to.startsWith(source) ? [{ from: roomOf(path), to: targetOf(to), file: name }] : [];
    });
  });
}

test('no arrow between rooms is outside the table', () => {
  const allowed = { ...mayImport, ...appFiles };
  const strangers = arrows().filter(({ from, to }) => from !== to && allowed[from]?.includes(to) !== true);
  expect(strangers).toEqual([]);
});

test('the reader of arrows sees them', () => {
  const seen = new Set(arrows().map(({ from, to }) => `${from} -> ${to}`));
  expect(seen.has('generation -> keys')).toBe(true);
  expect(seen.has('app -> storage')).toBe(true);
  expect(seen.has('cli -> app')).toBe(true);
});

test('only the process edge imports the composition root', () => {
  const importers = new Set(arrows().flatMap(({ from, to }) => (to === 'app' && from !== 'app' ? [from] : [])));
  expect([...importers]).toEqual(['cli']);
});

test('domain and kit import nothing but each other s neighbours and Node', () => {
  const outside = ['domain', 'kit'].flatMap((room) =>
    readdirSync(join(source, room)).flatMap((name) =>
      [...readFileSync(join(source, room, name), 'utf8').matchAll(/from '([^.'][^']*)'/g)]
        .map(([, from]) => from)
        .filter((from) => room === 'domain' || from?.startsWith('node:') !== true),
    ),
  );
  expect(outside).toEqual([]);
});

test('every file exports by name and stays one idea long', () => {
  const long = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => readFileSync(join(source, name), 'utf8').split('\n').length > 300);
  expect(long).toEqual([]);
});
