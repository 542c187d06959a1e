import { expect, test } from 'vitest';
import { perKind } from '../../src/domain/kinds.ts';
import type { Downloaded } from '../../src/domain/media.ts';
import { fetchResult } from '../../src/jobs/fetch-result.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aJob } from '../support/builders.ts';

const late: Downloaded = {
  ok: false,
  failure: { blame: 'provider', reason: 'result-unavailable', detail: 'HTTP 404' },
  retryable: true,
};
const kept: Downloaded = { ok: true, file: { path: '/results/a.png', kind: 'image', mime: 'image/png', bytes: 1 } };

const job = aJob({ progress: { candidate: 0, attempts: 0, calls: 1 } });

test('fetchResult() leaves no timer behind, however often it fetches', async () => {
  const clock = fakeClock();
  const answers = [late, late, kept];
  const resultStore = {
    find: async () => undefined,
    remove: async () => false,
    download: async () => answers.shift() ?? kept,
  };
  const tools = {
    resultStore,
    clock,
    random: () => 0.5,
    emit: () => undefined,
    deadlineMs: { ...perKind(() => 1), image: 600_000 },
  };
  const fetched = fetchResult(job, { kind: 'url', url: 'https://a/b.png' }, new AbortController().signal, tools);
  await clock.advance(30_000);
  expect([await fetched, answers.length, clock.pending]).toEqual([kept, 0, 0]);
});
