import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { failureCodes, type FailureCode } from '../../src/domain/failure.ts';
import { jobKinds, lanes } from '../../src/domain/kinds.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import type { MessageView } from '../../src/messages/view.ts';
import { aResult, aView, everyPhase, outcomeFor } from './builders.ts';
import { parseTelegramHtml, readText } from './telegram-html.ts';
import { runs } from '../support/property-runs.ts';
import { anyCharacter } from '../support/any-character.ts';

const catalog = loadCatalog();
const mapper = createMessageMapper(catalog);
const locales = catalog.locales;
const nowMs = Date.UTC(2026, 0, 1, 21);
const day = { zone: 'UTC', nextDayMs: () => Date.UTC(2026, 0, 2) };
const combinations = locales.flatMap((locale) =>
  lanes.flatMap((lane) => jobKinds.map((kind) => ({ locale, lane, kind }))),
);

/** Reads a screen as Telegram would; answers what is shown. */
function shown(view: MessageView, limit = 4096): string {
  const text = parseTelegramHtml(view.text);
  expect(text.trim()).not.toBe('');
  expect(text.length).toBeLessThanOrEqual(limit);
  for (const button of view.rows.flat()) {
    expect(button.text).toMatch(/^.{1,40}$/u);
    expect(Buffer.byteLength(button.data ?? '')).toBeLessThanOrEqual(64);
  }
  return text;
}

function dataOf(view: MessageView): readonly string[] {
  return view.rows.flat().flatMap(({ data }) => data ?? []);
}

function refusal(code: FailureCode, change: { lane?: 'free' | 'premium'; perDay?: number } = {}) {
  return {
    code,
    kind: 'image',
    lane: 'free',
    waiting: 3,
    perDay: 20,
    promptLimit: 4096,
    day,
    nowMs,
    ...change,
  } as const;
}

test.each(combinations)('every phase and every code reads well: $locale $lane $kind', ({ locale, lane, kind }) => {
  for (const phase of everyPhase) {
    const prompt = 'a <b>fox</b> & </blockquote>"cats"';
    const view = mapper.statusMessage(aView({ phase, lane, kind, prompt }), locale);
    const text = shown(view);
    expect(text).toContain('a <b>fox</b> & </blockquote>"cats"');
    expect(text).not.toMatch(/[{}]|undefined|\[object|NaN/);
    expect(text).not.toMatch(/\b(?:401|402|403|404|429|5\d\d)\b|unknown error/i);
    expect(lane === 'premium' && text.includes('/premium')).toBe(false);
    expect(dataOf(view).includes('cancel:7-1001')).toBe(phase.kind !== 'ended');
  }
});

test.each(combinations)('every code of a refused request reads well: $locale $lane $kind', ({ locale, lane, kind }) => {
  for (const code of failureCodes) {
    for (const perDay of [0, 1, 20]) {
      const text = shown(mapper.refused({ ...refusal(code, { lane, perDay }), kind }, locale));
      expect(text).not.toMatch(/[{}]|undefined|\[object|NaN/);
      expect(lane === 'premium' && text.includes('/premium')).toBe(false);
    }
  }
});

test('each phase of a picture has words of its own', () => {
  const texts = everyPhase.map((phase) => mapper.statusMessage(aView({ phase }), 'en').text);
  const retries = everyPhase.filter((phase) => phase.kind === 'retrying').length;
  const kindsOfRetry = 4;
  expect(new Set(texts).size).toBe(everyPhase.length - retries + kindsOfRetry);
});

test('statusMessage() names the queue position, and says that the first one starts', () => {
  const statusMessage = (ahead: number) =>
    shown(mapper.statusMessage(aView({ phase: { kind: 'queued', ahead } }), 'en'));
  expect([statusMessage(0), statusMessage(1), statusMessage(2)]).toEqual([
    expect.stringContaining('about to start'),
    expect.stringContaining('1 request ahead'),
    expect.stringContaining('2 requests ahead'),
  ]);
});

test.each([
  ['starts', 'about to start'],
  ['slot', 'as soon as one of the requests being made is finished'],
  ['own-request', 'Your earlier request comes first'],
  ['again', 'as soon as there’s a free slot'],
] as const)('statusMessage() says what the first in line waits for: %s', (next, words) => {
  const phase = { kind: 'queued', ahead: 0, next } as const;
  expect(shown(mapper.statusMessage(aView({ phase }), 'en'))).toContain(words);
});

test('statusMessage() and status() estimate a long wait and leave out a short one', () => {
  const [long, short] = [90_000, 5_000].map((inMs) => aView({ phase: { kind: 'queued', ahead: 2, inMs } }));
  for (const screen of [mapper.statusMessage(long!, 'en'), mapper.status([long!], 'en')]) {
    expect(shown(screen)).toContain('in about 90 seconds');
  }
  for (const screen of [mapper.statusMessage(short!, 'en'), mapper.status([short!], 'en')]) {
    expect(shown(screen)).not.toContain('about');
  }
});

test('what premium changes is said neither to admins nor where nobody is ahead', () => {
  const forAdmin = createMessageMapper(catalog, new Set([7]));
  const paused = (ahead: number) => aView({ phase: { kind: 'paused', ahead } });
  expect(shown(mapper.statusMessage(paused(1), 'en'))).toContain('/premium');
  expect(shown(mapper.statusMessage(paused(0), 'en'))).not.toContain('/premium');
  expect(shown(forAdmin.statusMessage(paused(1), 'en'))).not.toContain('/premium');
  const failed = aView({ phase: { kind: 'ended', outcome: outcomeFor('busy') } });
  expect(shown(forAdmin.ended(failed, 'en', nowMs))).not.toContain('/premium');
  expect(shown(mapper.refused({ ...refusal('queue-full'), isAdmin: true }, 'en'))).not.toContain('/premium');
});

test('caption() names the seed with which a result can be made again', () => {
  const facts = { model: 'a/fox', seconds: 4 };
  expect(shown(mapper.caption(aView({ seed: 42 }), 'en', facts))).toContain('fox · 4 s · seed 42');
  expect(shown(mapper.caption(aView(), 'en', facts))).not.toContain('seed');
});

test('statusMessage() names an attempt only from the second on', () => {
  const statusMessage = (attempt: number) =>
    shown(mapper.statusMessage(aView({ phase: { kind: 'making', attempt, of: 3 } }), 'en'));
  expect(statusMessage(1)).not.toMatch(/try|\d/i);
  expect([statusMessage(2), statusMessage(3)]).toEqual([
    expect.stringContaining('Second try'),
    expect.stringContaining('Third try'),
  ]);
});

test('statusMessage() of a paused job names the kept place, the wait and what premium changes', () => {
  const phase = { kind: 'paused', ahead: 2, inMs: 43_000 } as const;
  expect(mapper.statusMessage(aView({ phase }), 'en')).toEqual({
    text: [
      '🚦 <b>The picture service is very busy right now</b>, so your picture is taking a short break.',
      'Your place is kept: 2 requests are ahead of you.',
      'It should go on in about 45 seconds; there’s nothing you need to do.',
      '<blockquote expandable>a red fox in the snow</blockquote>',
      '⭐ Premium requests go first: /premium',
    ].join('\n'),
    rows: [
      [
        { text: '🔄 Refresh', data: 'status:7-1001' },
        { text: '✖ Cancel', data: 'cancel:7-1001' },
      ],
    ],
  });
});

test.each([
  [0, '5 seconds'],
  [90_000, '90 seconds'],
  [91_000, '2 minutes'],
  [5_400_000, '90 minutes'],
  [5_400_001, '2 hours'],
])('statusMessage() rounds a wait of %i ms up to %s', (inMs, words) => {
  const text = shown(mapper.statusMessage(aView({ phase: { kind: 'paused', ahead: 1, inMs } }), 'en'));
  expect(text).toContain(`in about ${words}`);
});

test('statusMessage() cuts a long prompt to 300 units with an ellipsis', () => {
  const text = mapper.statusMessage(aView({ prompt: 'fox '.repeat(1_000) }), 'en').text;
  const quoted = /<blockquote expandable>(.*)<\/blockquote>/s.exec(text)?.[1] ?? '';
  expect(quoted.endsWith('fox…') && quoted.length <= 300 && quoted.length > 290).toBe(true);
});

test('statusMessage() omits a prompt of which nothing can be shown', () => {
  expect(mapper.statusMessage(aView({ prompt: '\u202E\u2066' }), 'en').text).not.toContain('blockquote');
});

test.each(failureCodes)('ended() with %s says nothing of premium, which would not have changed it', (code) => {
  const view = aView({ phase: { kind: 'ended', outcome: outcomeFor(code) } });
  expect(shown(mapper.ended(view, 'en', nowMs))).not.toContain('/premium');
});

test('ended() tells people with a tight day that a failure does not count', () => {
  const phase = { kind: 'ended', outcome: outcomeFor('provider-down') } as const;
  expect(lanes.map((lane) => mapper.ended(aView({ lane, phase }), 'en', nowMs).text)).toEqual([
    expect.not.stringContaining('daily limit'),
    expect.stringContaining('This doesn’t count towards your daily limit.'),
  ]);
});

test.each([
  ['busy', 'en', 'Please try again in about 12 minutes.'],
  ['out-of-credit', 'es', 'Inténtalo de nuevo en unos 12 minutos, por favor.'],
  ['provider-down', 'ru', 'Попробуйте, пожалуйста, снова примерно через 12 минут.'],
] as const)('ended() with %s says when to ask again, where that is known: %s', (code, locale, words) => {
  const textIn = (againInMs?: number) => {
    const again = againInMs === undefined ? {} : { againAtMs: nowMs + againInMs };
    const phase = { kind: 'ended', outcome: { kind: 'failed', code, ...again } } as const;
    return shown(mapper.ended(aView({ phase }), locale, nowMs));
  };
  expect(textIn(12 * 60_000)).toContain(words);
  expect(textIn(0)).toBe(textIn());
  expect(textIn()).not.toContain('12');
});

test('ended() offers what helps: the same again, an example, the list of requests', () => {
  const buttons = (code: FailureCode) =>
    dataOf(mapper.ended(aView({ phase: { kind: 'ended', outcome: outcomeFor(code) } }), 'en', nowMs));
  expect(Object.fromEntries(failureCodes.map((code) => [code, buttons(code)]))).toEqual({
    'keys-being-set-up': ['again:7-1001'],
    'out-of-credit': ['again:7-1001'],
    busy: ['again:7-1001'],
    'taking-longer': ['again:7-1001'],
    'provider-down': ['again:7-1001'],
    'model-unavailable': ['again:7-1001'],
    'result-unavailable': ['again:7-1001'],
    refused: ['example:image'],
    'bad-request': ['example:image'],
    'empty-prompt': ['example:image'],
    'prompt-too-long': ['example:image'],
    'too-large': ['again:7-1001'],
    'quota-reached': ['status:all'],
    'queue-full': ['status:all'],
    'not-allowed': ['status:all'],
    'media-not-allowed': ['status:all'],
    'chat-closed': ['again:7-1001'],
    'set-aside': ['again:7-1001'],
    cancelled: ['again:7-1001'],
    stopped: ['again:7-1001'],
  });
});

test('caption() shows the prompt, the model and the seconds', () => {
  const view = aView({ phase: { kind: 'ended', outcome: aResult } });
  expect(mapper.caption(view, 'en', { model: 'org/model<1>', seconds: 45.2 })).toEqual({
    text: '<blockquote expandable>a red fox in the snow</blockquote>\n<i>model&lt;1&gt; · 45 s</i>',
    rows: [
      [
        { text: '🔁 Again', data: 'again:7-1001' },
        { text: '🎲 Variations', data: 'r1:7-1001.vary' },
        { text: '⋯ More', data: 'r1:7-1001.more' },
      ],
    ],
  });
});

test('any prompt gives HTML that Telegram takes, within the limits, in every phase', () => {
  const anyPrompt = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 5_000, size: 'max' }),
    fc.string({ unit: 'grapheme', maxLength: 3_000, size: 'max' }),
    fc
      .array(
        fc.constantFrom(
          '<b>',
          '</blockquote>',
          '&amp;',
          '&',
          '"',
          "'{",
          '{0}',
          '#',
          '👨‍👩‍👧',
          '\u202E',
          '\uD800',
          '\u0301',
          ' ',
        ),
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(
      anyPrompt,
      fc.string({ unit: anyCharacter, maxLength: 300 }),
      fc.constantFrom(...everyPhase),
      fc.constantFrom(...locales),
      fc.constantFrom(...lanes),
      (prompt, model, phase, locale, lane) => {
        const view = aView({ prompt, phase, lane });
        expect(shown(mapper.statusMessage(view, locale)).length).toBeLessThanOrEqual(1_500);
        shown(mapper.caption(view, locale, { model, seconds: 1e9 }), 1024);
        shown(mapper.status([view, view], locale));
        shown(mapper.start(locale, { name: prompt, admin: true, bot: 'Fox & Co' }));
      },
    ),
    { numRuns: runs(300), endOnFailure: true },
  );
});

test.each(locales)('refused() names the limits and the wait: %s', (locale) => {
  expect(readText(shown(mapper.refused(refusal('queue-full'), locale)))).toContain('3');
  expect(readText(shown(mapper.refused(refusal('quota-reached'), locale)))).toMatch(/20.*00:00 ?[(（]UTC[)）].* 3 /s);
  expect(readText(shown(mapper.refused(refusal('prompt-too-long'), locale)))).toMatch(/4.?096/);
  expect(readText(shown(mapper.refused(refusal('empty-prompt'), locale)))).toContain('/generate ');
});

test('refused() of a kind that is not given at all does not promise a new day', () => {
  expect(shown(mapper.refused(refusal('quota-reached', { perDay: 0 }), 'en'))).not.toContain('UTC');
});

test('refused() has buttons only for what works without a job', () => {
  const data = new Set(failureCodes.flatMap((code) => dataOf(mapper.refused(refusal(code), 'en'))));
  expect(data).toEqual(new Set(['example:image', 'status:all']));
});
