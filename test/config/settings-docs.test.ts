import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { configurationPage } from '../../scripts/settings-docs.ts';
import { envExample, settingTables } from '../../scripts/setting-tables.ts';
import { knownNames, unknownNames } from '../../src/config/unknown-names.ts';
import { parseConfig } from '../../src/config/config.ts';
import { keyMeanings, settingSections } from '../../src/config/settings.ts';
import { keyVariables } from '../../src/keys/sources/key-variables.ts';
import { bytezDefinition } from '../../src/providers/bytez/bytez-definition.ts';
import { providerDefinitions } from '../../src/providers/registry.ts';

function file(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
}

/** Every assignment, those in comments included. */
function assignments(example: string): Readonly<Record<string, string | undefined>> {
  return parseEnv(example.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, ''));
}

test('docs/configuration.md is what `npm run docs:settings` writes', () => {
  const page = file('docs/configuration.md');
  expect(page).toBe(configurationPage(page));
});

test('.env.example is what `npm run docs:settings` writes', () => {
  expect(file('.env.example')).toBe(envExample());
});

test('configurationPage() replaces the generated part only', () => {
  const page = configurationPage(
    '# Title\n<!-- settings:start -->\nwords of yesterday\n<!-- settings:end -->\nlast words\n',
  );
  expect(page.startsWith('# Title\n<!-- settings:start -->\n\n## Telegram')).toBe(true);
  expect(page.endsWith('\n\n<!-- settings:end -->\nlast words\n')).toBe(true);
  expect(page).not.toContain('yesterday');
  expect(() => configurationPage('# Title')).toThrow('it has no <!-- settings:start -->');
});

test('settingTables() shows defaults and rules as they are written in the environment', () => {
  const rows = settingTables().split('\n');
  const row = (name: string) => rows.find((line) => line.startsWith(`| \`${name}\` |`))?.split(' | ');
  expect(row('RETRY_DELAY_S')?.toSpliced(2, 1)).toEqual([
    '| `RETRY_DELAY_S`',
    '`2`',
    'a number of seconds, 0 or more and at most 3600 |',
  ]);
  expect(row('KEYS_TEST_ON_START')?.[1]).toBe('`on`');
  expect(row('ADMIN_IDS')?.toSpliced(2, 1)).toEqual(['| `ADMIN_IDS`', 'none', 'each: a Telegram user id in digits |']);
  expect(row('VIDEO_CHAIN')?.[1]).toBe('`bytez:ali-vilab/text-to-video-ms-1.7b,bytez:cerspense/zeroscope_v2_576w`');
  expect(row('DATABASE_URL')?.[3]).toBe('the address of a PostgreSQL database |');
});

test('envExample() names every variable with one spelling, and its values are the defaults', () => {
  const written = assignments(envExample());
  const reserved: readonly string[] = settingSections.reserved;
  const older = providerDefinitions.flatMap(({ prefixes }) => prefixes.slice(0, -1).map((prefix) => `${prefix}_`));
  const isOlder = (name: string) => older.some((prefix) => name.startsWith(prefix));
  const expected = knownNames({}).filter((name) => !isOlder(name) && !reserved.includes(name));
  expect(expected.filter((name) => !(name in written))).toEqual([]);
  expect(unknownNames(written)).toEqual([]);
  expect(parseConfig(written)).toEqual(parseConfig({}));
});

test('every documented way to name a key is read, in the documented order', () => {
  const names = Object.keys(keyMeanings).map((ending) => `BYTEZ_${ending}`);
  expect(keyVariables(bytezDefinition, names.toReversed()).map(({ name }) => name)).toEqual(names);
});
