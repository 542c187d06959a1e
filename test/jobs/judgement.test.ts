import { expect, test } from 'vitest';
import { anAttemptStage, down, failed } from './attempt-stage.ts';

const threeModels = [
  { provider: 'bytez', model: 'm1' },
  { provider: 'bytez', model: 'm2' },
  { provider: 'bytez', model: 'm3' },
] as const;
const failedRun = failed({ blame: 'provider', reason: 'failed-run', detail: '' });

test.each([
  ['overloaded', down],
  ['failed runs', failedRun],
])('the only job of a quiet bot keeps its place when all models and keys fail: %s', async (_what, reply) => {
  const stage = anAttemptStage({ keys: 5, replies: [reply], chain: threeModels, delayMs: 10 });
  const running = stage.run();
  await stage.clock.advance(5_000);
  expect(await running).toMatchObject({
    kind: 'parked',
    reason: 'provider-silent',
    progress: { candidate: 0, calls: 9 },
  });
  expect(stage.breaker.isOpen).toBe(true);
});

test('a job that fails alone while the provider serves others fails, and the provider stays in use', async () => {
  const stage = anAttemptStage({ keys: 5, replies: [down], chain: threeModels, delayMs: 10 });
  const running = stage.run();
  await stage.clock.advance(15);
  stage.answered(1, 50);
  await stage.clock.advance(5_000);
  expect(await running).toMatchObject({ kind: 'failed', code: 'provider-down' });
  expect(stage.breaker.isOpen).toBe(false);
});
