import { expect, test } from 'vitest';
import { classifyByTable, type FailureTable } from '../../../src/providers/classification/classify.ts';
import type { Complaint } from '../../../src/providers/classification/error-body.ts';

const table: FailureTable = {
  codes: { 'out-of-credit': ['no_money'], 'rate-limited': ['too_fast'] },
  types: { overloaded: ['busy_error'] },
  statuses: [
    { from: 400, means: 'bad-request', page: 'malformed', unless: [{ means: 'refused', says: /policy/ }] },
    { from: 401, means: 'rejected' },
    { from: 403, means: 'rejected', sureness: 'likely' },
    {
      from: 429,
      means: 'rate-limited',
      unless: [
        { means: 'out-of-credit', says: /money/ },
        { means: 'rate-limited', says: /rate/ },
        { means: 'concurrency', says: /at once/ },
        { means: 'refused', says: /policy/ },
      ],
    },
    { from: 500, to: 599, means: 'overloaded' },
  ],
  phrases: [{ means: 'timed-out', says: /late/ }],
};

function complaint(status: number, said: Partial<Complaint> = {}): Complaint {
  return { status, codes: [], types: [], words: '', isHtml: false, ...said };
}

test.each([
  [
    'a code before a type, a status and words',
    complaint(401, { codes: ['no_money'], types: ['busy_error'] }),
    'out-of-credit',
    'sure',
  ],
  ['a code in another spelling', complaint(401, { codes: ['NoMoney'] }), 'out-of-credit', 'sure'],
  [
    'the earlier row of two codes, whichever was said first',
    complaint(500, { codes: ['too-fast', 'no-money'] }),
    'out-of-credit',
    'sure',
  ],
  ['a type before a status', complaint(401, { codes: ['strange'], types: ['busy_error'] }), 'overloaded', 'likely'],
  ['a documented status', complaint(401, { words: 'late money policy' }), 'rejected', 'sure'],
  ['an undocumented status', complaint(403), 'rejected', 'likely'],
  ['words that agree with the status on the blame', complaint(429, { words: 'no money' }), 'out-of-credit', 'likely'],
  ['words that mean what the status means', complaint(429, { words: 'rate, at once' }), 'rate-limited', 'sure'],
  ['words that blame somebody else', complaint(429, { words: 'policy' }), 'refused', 'guess'],
  ['a page instead of a word on the request', complaint(400, { isHtml: true }), 'malformed', 'guess'],
  ['a page instead of a word on the key', complaint(401, { isHtml: true }), 'rejected', 'likely'],
  ['a page of a provider in trouble', complaint(502, { isHtml: true }), 'overloaded', 'sure'],
  ['a page with a status in no row', complaint(418, { isHtml: true }), 'malformed', 'guess'],
  ['words with a status in no row', complaint(418, { words: 'too late' }), 'timed-out', 'guess'],
  [
    'nothing that it knows',
    complaint(418, { codes: ['strange'], types: ['strange'], words: 'tea' }),
    'unrecognized',
    'guess',
  ],
] as const)('classifyByTable() goes by %s', (_name, complained, reason, sureness) => {
  const failure = classifyByTable(table)(complained, undefined);

  expect({ reason: failure.reason, sureness: failure.sureness ?? 'sure' }).toEqual({ reason, sureness });
});

test('classifyByTable() leaves sureness off where it is sure, and hands on how long to wait', () => {
  const classify = classifyByTable(table);

  expect([classify(complaint(429, { words: 'rate' }), 5_000), classify(complaint(503), 7_000)]).toEqual([
    { blame: 'key', reason: 'rate-limited', detail: 'HTTP 429: rate', retryAfterMs: 5_000 },
    { blame: 'provider', reason: 'overloaded', detail: 'HTTP 503', retryAfterMs: 7_000 },
  ]);
  expect(classify(complaint(401, { words: ' ' }), 5_000)).toEqual({
    blame: 'key',
    reason: 'rejected',
    detail: 'HTTP 401',
  });
});
