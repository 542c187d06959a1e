import { IntlMessageFormat } from 'intl-messageformat';
import { expect, test } from 'vitest';
import type { AlertFacts } from '../../src/domain/alert.ts';
import { jobId } from '../../src/domain/ids.ts';
import { failureCodes } from '../../src/domain/failure.ts';
import { jobKinds, perKind } from '../../src/domain/kinds.ts';
import { type Catalog, loadCatalog, localeFolder, type MessageValue } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { messageIds, type MessageId } from '../../src/messages/message-ids.ts';
import type { MessageView } from '../../src/messages/view.ts';
import { aKey, aPool, aView, everyPhase } from './builders.ts';
import { furtherScreens } from './further-screens.ts';
import { parseTelegramHtml } from './telegram-html.ts';

type Node = {
  readonly type: number;
  readonly value?: string;
  readonly options?: Readonly<Record<string, { readonly value: readonly Node[] }>>;
};

const catalog = loadCatalog();
const nowMs = Date.UTC(2026, 11, 31, 21);
const day = { zone: 'America/Argentina/ComodRivadavia', nextDayMs: () => Date.UTC(2027, 0, 1) };

function ast(json: string, locale: string, id: MessageId): readonly Node[] {
  const texts = JSON.parse(json) as Record<string, string>;
  return new IntlMessageFormat(texts[id] ?? '', locale, undefined, { ignoreTag: true }).getAst();
}

function nodes(tree: readonly Node[]): readonly Node[] {
  return tree.flatMap((node) => [node, ...Object.values(node.options ?? {}).flatMap((arm) => nodes(arm.value))]);
}

/** What each variable of a message may be: every case of a select, small and large numbers, a long text, a late day. */
function valuesOf(tree: readonly Node[]): ReadonlyMap<string, readonly MessageValue[]> {
  const found = new Map<string, readonly MessageValue[]>();
  for (const { type, value = '', options } of nodes(tree)) {
    if (type === 0 || type === 7) continue;
    if (type === 5) found.set(value, Object.keys(options ?? {}));
    else if (type === 2 || type === 6) found.set(value, [-1, 0, 1, 2, 5, 21, 1_000_000, 1_234_567]);
    else if (type === 3) found.set(value, [new Date(nowMs)]);
    else if (!found.has(value)) found.set(value, ['W'.repeat(64)]);
  }
  return found;
}

/** Enough sets of values that each value of each variable is used. */
function casesOf(tree: readonly Node[]): readonly Readonly<Record<string, MessageValue>>[] {
  const values = [...valuesOf(tree)];
  const most = Math.max(1, ...values.map(([, each]) => each.length));
  return Array.from({ length: most }, (_, index) =>
    Object.fromEntries(values.map(([name, each]) => [name, each[index % each.length] ?? ''])),
  );
}

/** The limit of the place in which a message stands, in UTF-16 units. */
function limitOf(id: MessageId): number {
  if (id.startsWith('caption.')) return 1024;
  if (id.startsWith('answer.') || id === 'keys.tested' || id === 'keys.woken') return 200;
  // The reason why a payment is not taken has no length in Telegram's pages; it is shown as an answer to a press is.
  if (id.startsWith('checkout.')) return 200;
  if (/^invoice\..*-title$/.test(id)) return 32;
  if (id.startsWith('invoice.')) return 255;
  if (id.startsWith('button.') || id === 'language.name') return 40;
  return id.startsWith('command.') ? 256 : 4096;
}

/** How many isolates of a text never end; those of values of several lines end after all of them. */
function openIsolates(text: string): number {
  return (text.match(/[\u2066\u2068]/g) ?? []).length - (text.match(/\u2069/g) ?? []).length;
}

test.each(catalog.locales)('what Telegram shows of the bot has room with the longest name: %s', (locale) => {
  const { description, shortDescription } = createMessageMapper(catalog).profile(locale, 'W'.repeat(64));
  expect([description.length <= 512, shortDescription.length <= 120]).toEqual([true, true]);
  expect(Math.min(description.length, shortDescription.length)).toBeGreaterThan(20);
});

test.each(catalog.locales)('every text with long values keeps the limit of its place: %s', (locale) => {
  const json = localeFolder.read(locale);
  const wrong = messageIds.flatMap((id) =>
    casesOf(ast(json, locale, id)).flatMap((params) => {
      const { say } = catalog as { say: (locale: string, id: MessageId, params: object) => string };
      const shown = parseTelegramHtml(say(locale, id, params));
      const isWhole =
        shown.length <= limitOf(id) && !/[{}]|undefined|NaN|\[object/.test(shown) && openIsolates(shown) === 0;
      return isWhole ? [] : [`${id} ${JSON.stringify(params)}: ${shown}`];
    }),
  );
  expect(wrong).toEqual([]);
});

/** Texts of a language that nobody speaks: each letter outside of marks, code and commands is a Cyrillic one. */
function pseudo(text: string): string {
  return text
    .split(/(<code>.*?<\/code>|<[^>]+>|&\w+;|(?<!\p{L})[/@]\w+|--\w+)/su)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/\p{L}/gu, 'ж')))
    .join('');
}

function print(tree: readonly Node[]): string {
  return tree
    .map(({ type, value = '', options = {} }) => {
      const arms = Object.entries(options).map(([name, arm]) => `${name} {${print(arm.value)}}`);
      switch (type) {
        case 0:
          return pseudo(value);
        case 2:
          return `{${value}, number}`;
        case 3:
          return `{${value}, date, day}`;
        case 5:
          return `{${value}, select, ${arms.join(' ')}}`;
        case 6:
          return `{${value}, plural, ${arms.join(' ')}}`;
        case 7:
          return '#';
        default:
          return `{${value}}`;
      }
    })
    .join('');
}

/** Stands in for Russian, whose dates and amounts have no Latin letters. */
function pseudoCatalog(): Catalog {
  const english = localeFolder.read('en');
  const texts = Object.fromEntries(messageIds.map((id) => [id, print(ast(english, 'en', id))]));
  return loadCatalog({ names: () => ['en', 'ru'], read: (name) => (name === 'en' ? english : JSON.stringify(texts)) });
}

const alertFacts: readonly AlertFacts[] = [
  { kind: 'slow', provider: 'bytez', meanMs: 9_400, usualMs: 2_100 },
  { kind: 'many-errors', provider: 'bytez', share: 0.42, calls: 50 },
  { kind: 'key-failing', keyName: 'bytez', reason: 'rejected', times: 3 },
  { kind: 'no-key-ready', provider: 'bytez', keys: 11 },
  { kind: 'model-ends', provider: 'bytez', model: 'bytez', endsOn: '2026-12-24' },
  { kind: 'budget', of: 'all', usd: 4, limit: 5, isSpent: false },
  { kind: 'job-dead-lettered', jobId: jobId('7-1001'), processes: 2 },
  { kind: 'telegram-rate-limited', forMs: 3_600_000 },
  { kind: 'updates-contested', by: 'webhook' },
  { kind: 'storage-unavailable', what: 'results' },
  { kind: 'bucket-failing', why: 'clock' },
];

function everyScreen(words: Catalog, locale: string): readonly MessageView[] {
  const mapper = createMessageMapper(words);
  const prompt = '123';
  const result = { model: 'bytez', label: 'bytez', seconds: 3 } as const;
  const refusal = {
    lane: 'free',
    waiting: 3,
    perDay: 20,
    promptLimit: 4096,
    day: { ...day, zone: '+3' },
    nowMs,
  } as const;
  const premium = {
    userId: 51_230_001,
    lane: 'free',
    perDay: { free: perKind(() => 3), premium: perKind(() => -1) },
    running: { free: 1, premium: 3 },
    waiting: { free: 3, premium: 10 },
  } as const;
  const ofKinds = jobKinds.flatMap((kind) => [
    ...everyPhase.map((phase) => mapper.statusMessage(aView({ phase, kind, prompt, lane: 'free' }), locale)),
    ...failureCodes.map((code) => mapper.refused({ ...refusal, kind, code }, locale)),
    mapper.status([aView({ kind, prompt })], locale),
    mapper.caption(aView({ kind, prompt }), locale, result),
    mapper.notOffered(kind, locale),
    mapper.pictureNeeded(kind, locale),
    mapper.usage(kind, locale),
    mapper.optionMistake({ kind: 'unknown-style', written: '1', styles: ['photo'] }, kind, locale),
  ]);
  const states = ['ready', 'cooling', 'benched'] as const;
  const pool = aPool(states.map((_, index) => aKey(index, { name: 'bytez', hint: '1', calls: 0, successes: 0 })));
  return [
    ...ofKinds,
    mapper.start(locale, { name: '1', admin: true, bot: '2' }),
    mapper.help(locale, { admin: true }),
    mapper.premiumInfo(locale, premium),
    mapper.premiumReceived(locale, { untilMs: nowMs }),
    mapper.styles('', locale),
    mapper.forgetQuestion(7, locale),
    mapper.keys(pool, nowMs, locale, ['bytez']),
    mapper.alerts(
      alertFacts.map((facts) => ({ alert: { id: facts.kind, severity: 'low', facts }, isOver: false })),
      locale,
    ),
    ...furtherScreens(mapper, locale, { words: '123', nowMs }),
  ];
}

/** Written by somebody who tries: every letter takes two UTF-16 units, and each of HTML's own is among them. */
const longWords = '<b>&"𝕎'.repeat(300);

test.each(catalog.locales)('settings, histories, payments, groups and figures keep every limit: %s', (locale) => {
  const wrong = furtherScreens(createMessageMapper(catalog), locale, { words: longWords, nowMs }).flatMap(
    ({ text, rows }) => {
      const shown = parseTelegramHtml(text);
      const buttons = rows.flat();
      const isWhole =
        shown.length <= 4_096 && !/undefined|NaN|\[object/.test(shown) && openIsolates(shown) === 0 && shown !== '';
      const fits =
        buttons.length <= 100 &&
        rows.every((row) => row.length <= 8) &&
        buttons.every(({ text: label, data = '' }) => label.length <= 64 && Buffer.byteLength(data) <= 64);
      return isWhole && fits ? [] : [shown.slice(0, 200), ...buttons.map(({ text: label }) => label)];
    },
  );
  expect(wrong).toEqual([]);
});

test('no word on any screen stands in the code instead of the locales: a language without Latin letters has none', () => {
  const known =
    /(?:English|w{32}|bytez|stabilityai|stable-diffusion\S*|Telegram|Darkroom|UTC|[\w-]+:[\w-]+|\d+:\d+|[a-z0-9]+(?:[/_-][a-z0-9.]+)+)/gi;
  const foreign = everyScreen(pseudoCatalog(), 'ru').flatMap(({ text, rows }) => {
    const plain = parseTelegramHtml(text.replaceAll(/<code>.*?<\/code>/gs, ''));
    return [plain, ...rows.flat().map((button) => button.text)].flatMap(
      (words) =>
        words
          .replaceAll(/(?<![\p{L}])[/@]\w+|--\w+/gu, '')
          .replaceAll(known, '')
          .match(/[A-Za-z]{2,}/g) ?? [],
    );
  });
  expect([...new Set(foreign)]).toEqual([]);
});
