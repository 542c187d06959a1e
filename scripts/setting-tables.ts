import { utcDay } from '../src/kit/clock.ts';
import { environmentVariables, readVariables } from '../src/config/schema.ts';
import {
  keyMeanings,
  providerMeanings,
  type SettingName,
  settingMeanings,
  settingSections,
  tokenPoolMeaning,
} from '../src/config/settings.ts';
import type { Candidate } from '../src/domain/job.ts';
import type { ProviderDefinition } from '../src/providers/provider-definition.ts';
import { providerDefinitions } from '../src/providers/registry.ts';

const titles = {
  telegram: 'Telegram',
  keys: 'Choosing and testing keys',
  models: 'Models',
  attempts: 'Attempts and waiting',
  people: 'People',
  moderation: 'What may not be made',
  bucket: 'Where results are copied',
  server: 'The process',
  reserved: 'Names that are not read',
} as const satisfies Record<keyof typeof settingSections, string>;

type ProviderEnding = keyof typeof providerMeanings;

const providerEndings = Object.keys(providerMeanings) as ProviderEnding[];
const unset = readVariables(providerDefinitions, {});
const defaults: Readonly<Record<string, unknown>> = unset.ok ? unset.value : {};

/** The generated part of docs/configuration.md: one table for each group of settings. */
export function settingTables(): string {
  const [telegram = '', ...others] = sections().map(
    ([title, names]) => `## ${title}\n\n${table(settingHeader, names.map(settingRow))}`,
  );
  return [
    telegram,
    `## Keys of a provider\n\n${table(['variable', 'meaning'], keyRows())}`,
    `## Other settings of a provider\n\n${table(['variable', 'meaning'], providerRows())}`,
    table(['provider', 'prefix', 'BASE_URL', 'SEATS_PER_KEY'], providerDefinitions.map(providerRow)),
    ...others,
  ].join('\n\n');
}

/** The whole of .env.example. */
export function envExample(): string {
  const [[telegramTitle, telegramNames] = ['', []], ...others] = sections().filter(
    ([title]) => title !== titles.reserved,
  );
  return [
    '# Copy this file to .env, fill in the first two, start with `npm start`.',
    '# Every other line shows its default: take the # away to change it. The real environment wins over .env.',
    '# Values whose names end in _S are seconds, decimals allowed. docs/configuration.md says what each may be.',
    ...rule(telegramTitle),
    ...telegramNames.flatMap((name) => entry(settingMeanings[name], assignment(name, name === 'TELEGRAM_BOT_TOKEN'))),
    ...rule('Keys of a provider'),
    ...comment(`Here of Bytez; the same names exist for ${otherPrefixes()}.`),
    ...keyEndings().flatMap(([ending, meaning]) =>
      entry(meaning, `${ending === 'API_KEY' ? '' : '# '}BYTEZ_${ending}=`),
    ),
    ...entry(tokenPoolMeaning, '# TOKEN_POOL_FILE='),
    ...rule('Other settings of a provider'),
    ...providerEndings.flatMap((ending) => [
      ...comment(providerMeanings[ending]),
      ...providerDefinitions
        .filter((provider) => hasSetting(provider, ending))
        .map((provider) => `# ${mainPrefix(provider)}_${ending}=${providerDefault(provider, ending)}`),
    ]),
    ...requiredSettings.flatMap(([name, meaning]) => entry(meaning, `# ${name}=`)),
    ...others.flatMap(([title, names]) => [
      ...rule(title),
      ...names.flatMap((name) => entry(settingMeanings[name], assignment(name, false))),
    ]),
    '',
  ].join('\n');
}

function sections(): (readonly [string, readonly SettingName[]])[] {
  const groups = Object.keys(settingSections) as (keyof typeof settingSections)[];
  return groups.map((group) => [titles[group], settingSections[group]] as const);
}

const settingHeader = ['variable', 'default', 'meaning', 'value'];

function settingRow(name: SettingName): readonly string[] {
  const written = defaultOf(name);
  return [`\`${name}\``, written === '' ? 'none' : `\`${written}\``, settingMeanings[name], ruleOf(name)];
}

/** The default as it would be written in the environment; empty where there is none. */
function defaultOf(name: SettingName): string {
  const value = defaults[name];
  if (name.endsWith('_S') && typeof value === 'number') return String(value / 1000);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (name === 'QUOTA_TIMEZONE') return utcDay.zone;
  if (Array.isArray(value))
    return value.map((item) => (isCandidate(item) ? `${item.provider}:${item.model}` : item)).join(',');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isCandidate(value: unknown): value is Candidate {
  return typeof value === 'object' && value !== null && 'model' in value;
}

/** What the schema says about a value that it refuses, without the verb: the rule itself. */
function ruleOf(name: SettingName): string {
  const refused = environmentVariables[name](name.endsWith('_S') ? '999999999' : '\0');
  const [mistake = ''] = refused.ok ? [] : refused.mistakes;
  return mistake
    .replace(/^position 1 must be /, 'each: ')
    .replace(/^must (?:be )?/, '')
    .replace(/, for example .*$/, '');
}

function keyEndings(): (readonly [string, string])[] {
  return Object.entries(keyMeanings);
}

function keyRows(): (readonly string[])[] {
  return [
    ...keyEndings().map(([ending, meaning]) => [`\`<PROVIDER>_${ending}\``, meaning]),
    ['`TOKEN_POOL_FILE`', tokenPoolMeaning],
  ];
}

function providerRows(): (readonly string[])[] {
  return [
    ...providerEndings.map((ending) => [`\`<PROVIDER>_${ending}\``, providerMeanings[ending]]),
    ...requiredSettings.map(([name, meaning]) => [`\`${name}\``, meaning]),
  ];
}

/** The settings that single providers require, with their meanings. */
const requiredSettings = providerDefinitions.flatMap((provider) =>
  Object.entries(provider.requires ?? {}).map(
    ([ending, { meaning, is }]) => [`${mainPrefix(provider)}_${ending}`, `${meaning}: ${is}`] as const,
  ),
);

function providerRow({ name, prefixes, baseUrl, seatsPerKey }: ProviderDefinition): readonly string[] {
  return [name, prefixes.map((prefix) => `\`${prefix}_\``).join(' or '), baseUrl || 'none', String(seatsPerKey)];
}

function hasSetting({ furtherUrls = {} }: ProviderDefinition, ending: ProviderEnding): boolean {
  return ending !== 'QUEUE_BASE_URL' || ending in furtherUrls;
}

function providerDefault({ baseUrl, furtherUrls, seatsPerKey }: ProviderDefinition, ending: ProviderEnding): string {
  if (ending === 'BASE_URL') return baseUrl;
  if (ending === 'QUEUE_BASE_URL') return furtherUrls?.QUEUE_BASE_URL ?? '';
  return ending === 'SEATS_PER_KEY' ? String(seatsPerKey) : '';
}

/** The prefix that the documents show; a provider known under two names has others besides. */
function mainPrefix({ prefixes }: ProviderDefinition): string {
  return prefixes.at(-1) ?? '';
}

function otherPrefixes(): string {
  return providerDefinitions
    .filter(({ name }) => name !== 'bytez')
    .map((provider) => `${mainPrefix(provider)}_`)
    .join(', ');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function assignment(name: SettingName, isOn: boolean): string {
  return `${isOn ? '' : '# '}${name}=${defaultOf(name)}`;
}

function entry(meaning: string, line: string): readonly string[] {
  return [...comment(meaning), line];
}

const width = 118;

function rule(title: string): readonly string[] {
  return ['', ...comment(`--- ${title} ---`), ''];
}

/** A comment in lines of at most 120 characters. */
function comment(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll('`', '').split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `# ${line}`);
}
