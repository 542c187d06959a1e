import { expect, test } from 'vitest';
import { jobId, keyId } from '../../src/domain/ids.ts';
import { CircuitBreaker } from '../../src/jobs/circuit-breaker/circuit-breaker.ts';
import { ModelCooldowns } from '../../src/jobs/circuit-breaker/model-cooldowns.ts';
import { emptyMemory } from '../../src/jobs/job-progress.ts';
import { noteClosedModels } from '../../src/jobs/judgement.ts';
import { aJob } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';
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

/** What two jobs, refused on one model by two keys and served by another, make of the first. */
function closedModels(breaker?: CircuitBreaker, sentAtMonotonicMs?: number): readonly string[] {
  const modelCooldowns = new ModelCooldowns(fakeClock(), () => undefined);
  const [closed, open] = threeModels;
  const cleared: string[] = [];
  const pool = { acquitModel: (provider: string, model: string) => void cleared.push(`${provider}:${model}`) };
  const ids = [1, 2].map((place) => keyId(`key-${place}`));
  const refusals = ids.map((id) => ({
    keyId: id,
    candidate: closed,
    reason: 'rejected' as const,
    ...(sentAtMonotonicMs === undefined ? {} : { sentAtMonotonicMs }),
  }));
  const servedBy = { candidate: open, keyId: keyId('key-3') };
  const round = (id: string) =>
    noteClosedModels({ ...aJob(), id: jobId(id), prompt: id }, { ...emptyMemory(), refusals }, servedBy, {
      modelCooldowns,
      pool,
      breakers: new Map(breaker === undefined ? [] : [['bytez' as const, breaker]]),
    });
  round('tg-1');
  expect(cleared).toEqual([]);
  round('tg-2');
  return cleared;
}

test('the keys that refused for a model are cleared as soon as the model turns out to be closed', () => {
  expect(closedModels(undefined, 0)).toEqual(['bytez:m1']);
});

test('what was refused before the provider turned out to refuse everybody closes no model', () => {
  const clock = fakeClock();
  const breaker = new CircuitBreaker({ clock, random: () => 0.5, keys: () => 2, onChange: () => undefined });
  breaker.open();
  expect(closedModels(breaker, 0)).toEqual([]);
  // Of what an earlier process sent only the order is known.
  expect(closedModels(breaker)).toEqual([]);
});

test('what an earlier process was refused closes a model where this one has seen nothing else', () => {
  const clock = fakeClock();
  const breaker = new CircuitBreaker({ clock, random: () => 0.5, keys: () => 2, onChange: () => undefined });
  expect(closedModels(breaker)).toEqual(['bytez:m1']);
});
