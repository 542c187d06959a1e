import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { withVariable } from '../src/config/env-text.ts';
import { readPromptOptions } from '../src/jobs/request/generation-request.ts';
import { splitKeys } from '../src/keys/sources/split-keys.ts';
import { Secret } from '../src/kit/secret.ts';
import { describeError } from '../src/observability/describe-error.ts';
import { createRedactor } from '../src/observability/redaction/redactor.ts';
import { bytezFailures } from '../src/providers/bytez/failure-table.ts';
import { classifyByTable } from '../src/providers/classification/classify.ts';
import { readComplaint } from '../src/providers/classification/error-body.ts';
import { statedInBody, waitOf, windowInWords } from '../src/providers/classification/stated-wait.ts';
import { safeDetail } from '../src/providers/classification/strip-echo.ts';
import { nestedQuantifiers, type Pattern, patternsOf, sources } from './support/source-patterns.ts';
import { isQuick, runs } from './support/property-runs.ts';
import { workedMs } from './support/worked-ms.ts';

const patterns = sources().flatMap(({ name, text }) => patternsOf(name, text));
/**
 * How many characters, and how long a pattern may take on them, the best of five counted because the machine may be busy. A
 * linear pattern needs well under a millisecond; one that takes too long on little is not tried on much.
 */
const tries = [
  { size: 500, patienceMs: 10 },
  { size: 5_000, patienceMs: 15 },
  { size: 50_000, patienceMs: 100 },
] as const;

const signs = [...'aZ19 \n\t_-.,:;/\\@#<>"\'`&%+*=~![](){}|?$^é'.split(''), '\0', '🦊', '\u200b', '\u0301', '\u2014'];
const pairs = ['a1', '1:', 'a ', ' a', 'a.', '.a', 'a-', '--', '--a ', '="', 'bot1', '%3a', '123456789:', 'http://a@'];
const plain = [...signs, ...pairs, '<a ', '&amp', '/a@a', 'a@a.', 'data:image/a;', 'model plan ', 'no access '];

/** Words that the pattern likes, so that it gets far before it fails. */
function likedBy(regex: RegExp): readonly string[] {
  try {
    const flags = regex.flags.replace(/[gyi]/g, '');
    return fc.sample(fc.stringMatching(new RegExp(regex.source, flags)), { numRuns: 6, seed: 7 }).flatMap((word) => {
      const some = word.slice(0, 200);
      return some === '' ? [] : [some, some.slice(0, -1), some.slice(1)];
    });
  } catch {
    return [];
  }
}

function runMs(regex: RegExp, text: string): number {
  const ms = workedMs(() => {
    if (regex.global) text.replace(regex, '');
    else regex.exec(text);
  });
  regex.lastIndex = 0;
  return ms;
}

/** A near-miss of this size made of one pump; those of the plain pumps are made once. */
function nearMiss(pump: string, size: number): string {
  return `${pump.repeat(Math.ceil(size / pump.length))}\u0001`;
}

const nearMisses = new Map(plain.map((pump) => [pump, tries.map(({ size }) => nearMiss(pump, size))]));

/** The pumps that take a pattern too long. */
function slowFor(
  { regex }: Pattern,
  words: readonly string[],
  chosen: readonly string[],
  tried: number = tries.length,
) {
  const pumps = new Set([...chosen, ...words].filter((pump) => pump !== ''));
  const [liked = ''] = words;
  const isSlow = (pump: string) =>
    tries.slice(0, tried).some(({ size, patienceMs }, index) => {
      const long = nearMisses.get(pump)?.[index] ?? nearMiss(pump, size);
      return [...new Set([long, liked + long])].some((text) =>
        [1, 2, 3, 4, 5].every(() => runMs(regex, text) >= patienceMs),
      );
    });
  return [...pumps].filter(isSlow).map((pump) => JSON.stringify(pump.slice(0, 30)));
}

test('every pattern in the code is found (H23)', () => {
  expect(patterns.length).toBeGreaterThan(150);
  const tricky =
    "const a = b / c / d; // /no/\nconst e = x.replace(/[/]\\/'/g, '/no/'); /* /no/ */\nconst f = `/no/ ${g(/in\\/side/u)} /no/`;\nreturn /last/i;\n";
  expect(patternsOf('x.ts', tricky).map(({ where }) => where)).toEqual([
    "x.ts:2 /[/]\\/'/g",
    'x.ts:3 /in\\/side/u',
    'x.ts:4 /last/i',
  ]);
});

test('no pattern repeats endlessly what repeats endlessly (H23)', () => {
  for (const bad of [/^(a+)+$/, /^([a-z]+)*$/, /^(?:\w+\s?)+$/, /(?:x|a*)*b/, /^(?:\s*\w+)+$/]) {
    expect(nestedQuantifiers(bad)).toHaveLength(1);
  }
  for (const good of [/^a+(?:-[a-z]+)+$/, /(?:;[\w=]+)*/, /(?:ab)+/, /^(?:\/[^/]+)*$/]) {
    expect(nestedQuantifiers(good)).toEqual([]);
  }
  expect(patterns.filter(({ regex }) => nestedQuantifiers(regex).length > 0).map(({ where }) => where)).toEqual([]);
});

test('every pattern in the code gives up quickly on 50 KB of near-misses (H23)', () => {
  expect(slowFor({ where: 'quadratic', regex: /\s+$/ }, [], [' '])).not.toEqual([]);
  const apart = Math.ceil(plain.length / runs(plain.length));
  const some = plain.filter((_, index) => index % apart === 0);
  const slow = patterns.flatMap((pattern) => {
    const pumps = isQuick ? slowFor(pattern, [], some, 2) : slowFor(pattern, likedBy(pattern.regex), some);
    return pumps.length === 0 ? [] : [`${pattern.where} on ${pumps.slice(0, 3).join(', ')}`];
  });
  expect(slow).toEqual([]);
}, 240_000);

const understand = classifyByTable(bytezFailures);

test('patterns that are put together at run time are as quick (H23)', () => {
  const built = sources().filter(({ text }) => text.includes('new RegExp('));
  expect(built.map(({ name }) => name).sort()).toEqual([
    'cli/demo/demo.ts',
    'jobs/request/generation-request.ts',
    'keys/sources/split-keys.ts',
    'providers/classification/clauses.ts',
    'providers/classification/stated-wait.ts',
    'providers/classification/strip-echo.ts',
  ]);
  const readers: readonly ((text: string) => unknown)[] = [
    readPromptOptions,
    splitKeys,
    (text) => safeDetail(text, 'a-secret-key-of-a-provider'),
    (text) => createRedactor([new Secret('a-secret-key-of-a-provider')]).redact(text),
    (text) => describeError(new Error(text)),
    (text) => understand({ status: 403, words: text, codes: [], types: [], isHtml: false }),
    (text) => statedInBody({ status: 429, words: text, codes: [], types: [], isHtml: false }, 0),
    (text) => readComplaint(403, Buffer.from(`<html>${text}`)),
    (text) => waitOf(text, 0),
    windowInWords,
    (text) => withVariable(text, 'ADMIN_TOKEN', 'another-token'),
  ];
  const pumps = [
    ...plain,
    '--no "',
    '“',
    '--seed 1',
    'a-secret-ke',
    '1m',
    '12',
    'retry in ',
    'resets at 1',
    '1h and ',
    'export ADMIN_TOKEN ',
    '"',
    "'",
  ];
  const slow = pumps.flatMap((pump) => {
    const text = `${pump.repeat(Math.ceil(50_000 / pump.length))}\u0001`;
    return readers.flatMap((read, index) => {
      return [1, 2, 3].every(() => workedMs(() => void read(text)) >= 300)
        ? [`reader ${index} on ${JSON.stringify(pump)}`]
        : [];
    });
  });
  expect(slow).toEqual([]);
});
