import { type JobKind, jobKinds, perKind } from '../../src/domain/kinds.ts';
import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import { loadCatalog, localizerFor } from '../../src/messages/catalog.ts';
import { createMessageMapper, type CallbackAnswer } from '../../src/messages/message-mapper.ts';
import type { MessageView } from '../../src/messages/view.ts';
import { aResult, aView, everyPhase } from './builders.ts';
import { parseTelegramHtml, readText } from './telegram-html.ts';

const catalog = loadCatalog();
const mapper = createMessageMapper(catalog, new Set(), () => ['image', 'video']);
const premium = {
  userId: 51_230_001,
  lane: 'free',
  perDay: { free: { ...perKind(() => 3), image: 20 }, premium: { ...perKind(() => 20), image: -1 } },
  running: { free: 1, premium: 3 },
  waiting: { free: 3, premium: 10 },
} as const;

test.each(catalog.locales)('every screen outside of a job reads well: %s', (locale) => {
  const screens: readonly MessageView[] = [
    mapper.start(locale, { name: '<Eve> & {Co}', admin: true, bot: 'Fox & Co' }),
    mapper.start(locale, { name: '', admin: false, bot: 'Fox & Co' }),
    mapper.help(locale, { admin: true }),
    mapper.usage('image', locale),
    mapper.usage('video', locale),
    mapper.unknownCommand(locale),
    mapper.textOnly(locale),
    mapper.language(locale),
    mapper.languageSet(locale),
    mapper.ready(locale),
    mapper.notReady(locale),
    mapper.status([], locale),
    mapper.premiumInfo(locale, premium),
    mapper.premiumInfo(locale, { ...premium, lane: 'premium', untilMs: 1e12 }),
    mapper.premiumInfo(locale, { ...premium, lane: 'premium', untilMs: undefined }),
    mapper.premiumGranted(locale, { userId: 5, untilMs: 1e12 }),
    mapper.premiumReceived(locale, { untilMs: 1e12 }),
    mapper.premiumUsage(locale),
    mapper.status([], locale, {
      day: { used: { ...perKind(() => 0), image: 3 }, perDay: { ...perKind(() => 3), image: -1 } },
    }),
    ...(['cancelled', 'running', 'too-late', 'not-found'] as const).map((kind) => mapper.cancelled(kind, locale)),
  ];
  for (const { text, rows } of screens) {
    expect(parseTelegramHtml(text).replace('{Co}', '')).not.toMatch(/^\s*$|[{}]|undefined|\[object|NaN/);
    expect(rows.flat().every((button) => button.text !== '')).toBe(true);
  }
});

test.each(catalog.locales)(
  'profile() is whole and within the limits of Telegram, also for a long name: %s',
  (locale) => {
    const ofAll = createMessageMapper(catalog);
    for (const bot of ['Darkroom', 'W'.repeat(64)]) {
      const { description, shortDescription } = ofAll.profile(locale, bot);
      expect(description).toContain(bot);
      expect(description).toContain('/help');
      expect(description.length).toBeLessThanOrEqual(512);
      expect(shortDescription.length).toBeLessThanOrEqual(120);
      expect(`${description}${shortDescription}`).not.toMatch(/[<>{}]|&\w+;|undefined/);
    }
  },
);

test.each(catalog.locales)('each kind that has a limit of its own has a name of its own: %s', (locale) => {
  const localizer = localizerFor(catalog, locale);
  const named = [
    (kind: JobKind) => localizer.say('limits.today', { kind, used: 1, limit: 5 }),
    (kind: JobKind) => localizer.say('premium.per-day', { kind, premium: '5', free: '3' }),
    (kind: JobKind) => localizer.say('refused.quota-reached', { kind, limit: 5, zone: 'UTC', wait: 'in 1 h' }),
    (kind: JobKind) => localizer.say('refused.quota-none', { kind }),
    (kind: JobKind) => localizer.say('failure.quota-reached', { kind }),
    (kind: JobKind) => localizer.say('status.item', { number: 1, kind, phase: 'finished' }),
    (kind: JobKind) => localizer.say('models.kind', { kind }),
    (kind: JobKind) => localizer.say('button.models', { kind }),
  ];
  for (const words of named) expect(new Set(jobKinds.map(words)).size).toBe(jobKinds.length);
});

test('start() greets by name, escaped, and tells admins of their commands', () => {
  const asAdmin = mapper.start('en', { name: 'Eve <3', admin: true, bot: 'Fox & Co' }).text;
  const asGuest = mapper.start('en', { name: ' \u202E', admin: false, bot: 'Fox & Co' }).text;
  expect(asAdmin).toMatch(/^👋 Hi, Eve &lt;3!\n[^]*\/keys/);
  expect(asGuest).toMatch(/^👋 Hi!\n/);
  expect(asGuest).toContain('I’m <b>Fox &amp; Co</b>:');
  expect(mapper.start('en', { name: 'Eve', admin: false, bot: 'ㅤ' }).text).toContain('I’m <b>Darkroom</b>:');
  expect(asGuest).not.toContain('/keys');
});

test('help() keeps admin commands to admins', () => {
  expect(mapper.help('en', { admin: false }).text).not.toContain('/keys');
  expect(mapper.help('en', { admin: true }).text).toContain('/keys');
});

test('language() names each language in its own words and marks the present one', () => {
  const rows = mapper.language('es').rows;
  expect(rows.flat().map(({ data }) => data)).toEqual(catalog.locales.map((locale) => `language:${locale}`));
  expect(rows.flat().filter(({ text }) => text.startsWith('✓'))).toEqual([{ text: '✓ Español', data: 'language:es' }]);
  expect(rows.every((row, index) => row.length === 2 || index === rows.length - 1)).toBe(true);
});

test.each(catalog.locales)('commands() are what Telegram takes, and /keys is for admins: %s', (locale) => {
  const names = (admin: boolean) => mapper.commands(locale, { admin }).map(({ command }) => command);
  expect(names(false).sort()).toEqual(
    [
      'start',
      'help',
      'generate',
      'video',
      'status',
      'cancel',
      'history',
      'favourites',
      'settings',
      'styles',
      'models',
      'language',
      'premium',
      'privacy',
      'export',
      'forget',
    ].sort(),
  );
  expect(names(true)).toEqual(expect.arrayContaining(['keys', 'stats', 'whois', 'broadcast']));
  for (const { command, description } of mapper.commands(locale, { admin: true })) {
    expect(command).toMatch(/^[a-z0-9_]{1,32}$/);
    expect(description).toMatch(/^.{1,256}$/u);
  }
});

const answers = Object.keys({
  expired: 0,
  'not-yours': 0,
  'already-done': 0,
  accepted: 0,
  coming: 0,
  cancelled: 0,
  'too-late': 0,
  refreshed: 0,
  'language-set': 0,
  noted: 0,
  'slow-down': 0,
  'storage-unavailable': 0,
  deleted: 0,
  'cannot-delete': 0,
  'file-gone': 0,
  'news-off': 0,
  'news-on': 0,
  reported: 0,
  'reported-again': 0,
  blocked: 0,
  'group-admins': 0,
  saved: 0,
  starred: 0,
  unstarred: 0,
} satisfies Record<CallbackAnswer, 0>) as CallbackAnswer[];

test.each(answers)('answer(%s) is plain text of at most 200 units in every language', (answer) => {
  for (const locale of catalog.locales) expect(mapper.answer(answer, locale)).toMatch(/^[^<>&{}]{1,200}$/);
});

test('example() is a prompt in the language of the person', () => {
  expect([mapper.example('image', 'en'), mapper.example('video', 'es')]).toEqual([
    'a red fox in the snow, soft morning light',
    'olas que llegan a la playa al atardecer',
  ]);
});

test('status() lists each request with its own cancel button while it can be cancelled', () => {
  const view = mapper.status(
    [
      aView({ id: jobId('a'), kind: 'video', phase: { kind: 'making', attempt: 1, of: 3 } }),
      aView({ id: jobId('b'), prompt: 'a <cat>' }),
      aView({ id: jobId('c'), phase: { kind: 'ended', outcome: aResult } }),
    ],
    'en',
  );
  expect(view).toEqual({
    text: [
      '<b>Your requests</b>',
      '1. 🎬 Video: being made',
      '<blockquote expandable>a red fox in the snow</blockquote>',
      '2. 🎨 Picture: in line, 2 ahead',
      '<blockquote expandable>a &lt;cat&gt;</blockquote>',
      '3. 🎨 Picture: finished',
      '<blockquote expandable>a red fox in the snow</blockquote>',
    ].join('\n'),
    rows: [
      [
        { text: '✖ Cancel 1', data: 'cancel:a' },
        { text: '✖ Cancel 2', data: 'cancel:b' },
      ],
      [{ text: '🔄 Refresh', data: 'status:all' }],
    ],
  });
});

test.each(catalog.locales)('status() of a thousand long requests fits into one message: %s', (locale) => {
  const views = Array.from({ length: 1_000 }, (_, index) =>
    aView({
      id: jobId(`j${index}`),
      phase: everyPhase[index % everyPhase.length] ?? { kind: 'delivering' },
      prompt: '<&"😀 '.repeat(900),
    }),
  );
  const { text, rows } = mapper.status(views, locale);
  expect(parseTelegramHtml(text).length).toBeLessThanOrEqual(4096);
  expect(readText(text)).toMatch(/… .*988/);
  expect(rows.flat().length).toBeLessThanOrEqual(13);
});

test('premiumInfo() speaks only of what differs, and of the id only to those without premium', () => {
  const alike = { ...premium, running: { free: 2, premium: 2 }, waiting: { free: 3, premium: 3 } };
  expect(mapper.premiumInfo('en', alike).text.split('\n')).toEqual([
    '⭐ <b>What premium changes</b>',
    '• your requests go first in every line',
    '• pictures: as many as you like (free: 20 a day)',
    '• videos: 20 a day (free: 3 a day)',
    '',
    'Premium is given by the people who run this bot. Your id, should they ask for it: <code>51230001</code>',
  ]);
  const owner = mapper.premiumInfo('en', { ...premium, lane: 'premium', untilMs: Date.UTC(2026, 6, 1) }).text;
  expect(owner).toContain('until July 1, 2026 (UTC)');
  expect(owner).not.toContain('51230001');
});
