import { expect, test } from 'vitest';
import type { Candidate } from '../../src/domain/job.ts';
import { anAttemptStage, done, failed, limited } from './attempt-stage.ts';

const fine: Candidate = { provider: 'openai', model: 'f1' };
const busy: Candidate = { provider: 'bytez', model: 'm1' };
const asksToWait = (retryAfterMs: number) =>
  failed({ blame: 'provider', reason: 'overloaded', retryAfterMs, detail: '' });
const hour = 3_600_000;

test('runAttempts() asks the next model at once when the wait that the provider states does not fit the deadline', async () => {
  const stage = anAttemptStage({ replies: [asksToWait(hour), done] });
  expect(await stage.run()).toMatchObject({ kind: 'answered', candidate: { model: 'm2' }, progress: { calls: 2 } });
  expect(stage.clock.pending).toBe(0);
});

test.each([
  [60_000, 'm2'],
  [15_000, undefined],
])('runAttempts() weighs a stated wait of %i ms against the next model’s usual 20 s', async (waitMs, model) => {
  const stage = anAttemptStage({ replies: [asksToWait(waitMs), done] });
  const ending = await stage.run();
  expect(ending.kind === 'answered' ? ending.candidate.model : undefined).toBe(model);
  if (model === undefined) expect(ending).toMatchObject({ kind: 'parked', readyAtMs: stage.clock.now() + waitMs });
});

test('runAttempts() comes back to the model that asked it to wait for the shortest time when no other one served it', async () => {
  const stage = anAttemptStage({ replies: [asksToWait(60_000), asksToWait(90_000), done] });
  const askedAtMs = stage.clock.now();
  expect(await stage.run()).toMatchObject({
    kind: 'parked',
    readyAtMs: askedAtMs + 60_000,
    progress: { candidate: 0, attempts: 1, calls: 2 },
  });
});

test('runAttempts() fails at once when the only model asks it to wait beyond its deadline', async () => {
  const stage = anAttemptStage({ replies: [asksToWait(hour)], chain: [busy] });
  expect(await stage.run()).toMatchObject({ kind: 'failed', code: 'provider-down', calls: 1 });
});

test('runAttempts() goes to another provider while every key cools for longer than that one takes', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [limited(60_000)], chain: [busy, fine] });
  expect(await stage.run()).toMatchObject({ kind: 'parked', line: 'openai', reason: 'next-candidate' });
});

test('runAttempts() waits for its own keys when they wake sooner than another provider would answer', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [limited(9_000)], chain: [busy, fine] });
  expect(await stage.run()).toMatchObject({ kind: 'parked', line: 'bytez', reason: 'keys-cooling' });
});

test('runAttempts() waits for cooling keys when the other provider has none', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [limited(60_000)], chain: [busy, fine] });
  const moved = await stage.run();
  if (moved.kind !== 'parked') throw new Error(`Expected a parked job, got "${moved.kind}"`);
  const job = { ...stage.job, line: moved.line, progress: moved.progress };
  expect(await stage.run({}, job)).toMatchObject({ kind: 'parked', line: 'bytez', reason: 'keys-cooling' });
});

test('runAttempts() never parks a job past its own deadline', async () => {
  const stage = anAttemptStage({ replies: [asksToWait(30_000)], chain: [busy] });
  await stage.clock.advance(580_000);
  expect(await stage.run()).toMatchObject({ kind: 'failed' });
});
