import { expect, test } from 'vitest';
import type { AttemptEnding, AttemptTrail, ChoiceWhy, SkipReason } from '../../src/domain/attempt-trail.ts';
import { jobId, keyId } from '../../src/domain/ids.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { aView, reasons } from './builders.ts';
import { parseTelegramHtml, readText } from './telegram-html.ts';

const catalog = loadCatalog();
const mapper = createMessageMapper(catalog);
const whys = Object.keys({
  'only-one': 0,
  soonest: 0,
  'better-of-two': 0,
  explored: 0,
  'half-open': 0,
  'in-turn': 0,
  'least-used': 0,
  'by-weight': 0,
  'first-in-order': 0,
} satisfies Record<ChoiceWhy, 0>) as readonly ChoiceWhy[];
const everySkip: Record<SkipReason, number> = {
  cooling: 1,
  benched: 2,
  disabled: 3,
  busy: 4,
  'other-model': 5,
  'just-failed': 6,
  slow: 7,
};

function aCall(call: number, more: Partial<AttemptTrail> = {}): AttemptTrail {
  return {
    call,
    candidate: { provider: 'bytez', model: 'm' },
    attempt: 1,
    of: 3,
    keyId: keyId(`id${call}`),
    keyName: `bytez #${call}`,
    choice: { why: 'soonest', of: 4, skipped: {} },
    waitedMs: 0,
    startedAtMs: 0,
    ending: { kind: 'answered', ms: 2_100 },
    ...more,
  };
}

function failed(reason: (typeof reasons)[number], sureness: 'sure' | 'guess' = 'sure'): AttemptEnding {
  return { kind: 'failed', reason, sureness, detail: 'secret detail', ms: 210 };
}

/** What stands under the quoted words of a job with these calls. */
function shownFor(trail: readonly AttemptTrail[], locale = 'en'): readonly string[] {
  const view = aView();
  const { text } = mapper.status([view], locale, { trails: new Map([[view.id, trail]]) });
  return readText(parseTelegramHtml(text)).split('\n').slice(3);
}

test('status() tells the calls of a job in short lines', () => {
  const trail = [
    aCall(1, { choice: { why: 'soonest', of: 4, skipped: { cooling: 2 } }, ending: failed('rate-limited') }),
    aCall(2, {
      choice: { why: 'half-open', of: 2, skipped: { cooling: 3, benched: 1 } },
      ending: failed('overloaded', 'guess'),
    }),
    aCall(3, {
      choice: { why: 'only-one', of: 1, skipped: {} },
      waitedMs: 11_500,
      ending: { kind: 'broken-off', ms: 1_000 },
    }),
    aCall(4, { waitedMs: 900 }),
    aCall(5, { ending: { kind: 'sent' } }),
  ];
  expect(shownFor(trail)).toEqual([
    '1. #1 too many calls, 0.2 s (expected fastest, of 4; 2 cooling)',
    '2. #2 the provider is overloaded (a guess), 0.2 s (being tried, of 2; 3 cooling, 1 benched)',
    '3. #3 stopped, 1 s (the only one left; waited 12 s)',
    '4. #4 answered, 2.1 s (expected fastest, of 4)',
    '5. #5 under way (expected fastest, of 4)',
  ]);
});

test('status() names the provider where a job went to several', () => {
  const other = aCall(2, { keyName: 'openai #1', candidate: { provider: 'openai', model: 'm' } });
  expect(shownFor([aCall(1), other])).toEqual([
    '1. bytez #1 answered, 2.1 s (expected fastest, of 4)',
    '2. openai #1 answered, 2.1 s (expected fastest, of 4)',
  ]);
});

test('status() keeps to the latest calls of a job that made many', () => {
  const lines = shownFor(Array.from({ length: 50 }, (_, index) => aCall(index + 1)));
  expect(lines[0]).toBe('… 44 earlier calls');
  expect(lines.slice(1).map((line) => line.slice(0, 3))).toEqual(['45.', '46.', '47.', '48.', '49.', '50.']);
});

test('status() of people who may not see the calls has none', () => {
  expect(mapper.status([aView()], 'en').text.split('\n')).toHaveLength(3);
});

test.each(catalog.locales)('every ending and every choice reads well: %s', (locale) => {
  const choices = whys.map((why) => aCall(1, { choice: { why, of: 4, skipped: everySkip }, waitedMs: 60_000 }));
  const endings = reasons.map((reason) => aCall(1, { ending: failed(reason) }));
  for (const call of [...choices, ...endings]) {
    const [line] = shownFor([call], locale);
    expect(line).toMatch(/^1\. #1 \S.*\)$/);
    expect(line).not.toMatch(/[{}]|undefined|NaN|secret detail/);
  }
});

test.each(catalog.locales)('status() leaves calls out where the message has no room for them: %s', (locale) => {
  const views = Array.from({ length: 12 }, (_, index) => aView({ id: jobId(`j${index}`), prompt: 'fox '.repeat(90) }));
  const long = Array.from({ length: 50 }, (_, index) =>
    aCall(index + 1, { choice: { why: 'better-of-two', of: 900, skipped: everySkip }, ending: failed('unrecognized') }),
  );
  const { text } = mapper.status(views, locale, { trails: new Map(views.map(({ id }) => [id, long])) });
  const shown = parseTelegramHtml(text);
  expect(shown.length).toBeLessThanOrEqual(4096);
  expect(shown.length).toBeGreaterThan(2_000);
  const read = readText(shown);
  expect(read.match(/^\d+\. (?:🎨|🎬)/gm)).toHaveLength(12);
  expect(read).toContain('50. #50');
});
