import { expect, test } from 'vitest';
import type { Candidate } from '../../src/domain/job.ts';
import { keyId } from '../../src/domain/ids.ts';
import { JobStopped } from '../../src/jobs/running-jobs.ts';
import { aFault, fallSilent } from './a-fault.ts';
import { anAttemptStage, done, down, limited, type StageOptions, timedOut } from './attempt-stage.ts';

const elsewhere: readonly [Candidate, ...Candidate[]] = [
  { provider: 'bytez', model: 'm1' },
  { provider: 'bytez', model: 'm2' },
  { provider: 'openai', model: 'o1' },
];

const keyIds = [keyId('id-1'), keyId('id-2')];
const alone: readonly [Candidate] = [{ provider: 'bytez', model: 'm1' }];

/** Both keys of the provider have just failed by its fault, with whatever model. */
function aSilentStage(options: StageOptions) {
  const stage = anAttemptStage({ keys: 2, chain: alone, ...options });
  for (const model of ['m1', 'm2']) if (!stage.breaker.isOpen) fallSilent(stage.breaker, keyIds, model);
  expect(stage.breaker.isOpen).toBe(true);
  return stage;
}

test('a job for a silent provider goes on at once to the next candidate of another one', async () => {
  const stage = aSilentStage({ replies: [done], chain: elsewhere });
  expect(await stage.run()).toEqual({
    kind: 'parked',
    line: 'openai',
    readyAtMs: stage.clock.now(),
    reason: 'next-candidate',
    progress: { candidate: 2, attempts: 0, calls: 0 },
  });
});

test('a job without another provider parks until the next probe', async () => {
  const stage = aSilentStage({ replies: [done] });
  expect(await stage.run()).toEqual({
    kind: 'parked',
    line: 'bytez',
    readyAtMs: stage.clock.now() + stage.breaker.probeInMs,
    reason: 'provider-silent',
    progress: { candidate: 0, attempts: 0, calls: 0 },
  });
  expect(stage.asked).toEqual([]);
});

test('a job waits for the probe when the other providers of its chain are silent too', async () => {
  const stage = aSilentStage({ replies: [done], chain: elsewhere });
  const other = stage.breakers.get('openai');
  if (other !== undefined) fallSilent(other, keyIds);
  expect(other?.isOpen).toBe(true);
  expect(await stage.run()).toMatchObject({ kind: 'parked', line: 'bytez', reason: 'provider-silent' });
});

test('a probe that fails costs the job no attempt and is counted apart', async () => {
  const stage = aSilentStage({ replies: [down] });
  await stage.clock.advance(stage.breaker.probeInMs);
  expect(await stage.run()).toMatchObject({
    kind: 'parked',
    reason: 'provider-silent',
    progress: { candidate: 0, attempts: 0, calls: 1, probes: 1 },
  });
  expect(stage.asked).toHaveLength(1);
});

test('a probe with a key that is limited goes on with the next key, and its success lets everybody in', async () => {
  const stage = aSilentStage({ replies: [limited(9_000), done] });
  await stage.clock.advance(stage.breaker.probeInMs);
  expect(await stage.run()).toMatchObject({ kind: 'answered', progress: { attempts: 0, calls: 2 } });
  expect(stage.events.filter(({ event }) => event.startsWith('breaker'))).toEqual([
    { event: 'breaker.opened', provider: 'bytez' },
    { event: 'breaker.closed', provider: 'bytez' },
  ]);
});

test('a probe that is cancelled leaves the next one due at once', async () => {
  const stage = aSilentStage({ replies: [done], hang: true });
  await stage.clock.advance(stage.breaker.probeInMs);
  const running = stage.run();
  await stage.clock.advance(10);
  expect(stage.breaker.mayProbe).toBe(false);
  stage.abort.abort(new JobStopped('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
  expect(stage.breaker.mayProbe).toBe(true);
});

test('a job whose own failure shows the silence has spent no attempt on it, and waits for the probe', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [down], chain: alone });
  stage.breaker.noteFault(aFault(keyId('id-2')));
  await stage.clock.advance(100);
  expect(await stage.run()).toMatchObject({
    kind: 'parked',
    reason: 'provider-silent',
    progress: { candidate: 0, attempts: 0, calls: 1, probes: 1 },
  });
});

test('a single job, whose request may be the cause, gets all of its attempts and delays no other job', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [down], chain: alone, delayMs: 1 });
  const running = stage.run();
  await stage.clock.advance(1_000);
  expect(await running).toEqual({ kind: 'failed', code: 'provider-down', calls: 3 });
  expect(stage.breaker.isOpen).toBe(false);
});

test('what was guessed of keys while the provider fell silent is rolled back', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [timedOut], chain: alone, delayMs: 1 });
  const running = stage.run();
  await stage.clock.advance(1_000);
  await running;
  expect(stage.pool.snapshot().keys.map(({ state }) => state.kind)).toContain('cooling');
  await stage.clock.advance(100);
  stage.breaker.noteFault(aFault(keyId('id-2')));
  expect(stage.pool.snapshot().keys.map(({ state }) => state.kind)).toEqual(['ready', 'ready']);
});

test('a job whose deadline passes while the provider is silent ends with what it failed with last', async () => {
  const stage = aSilentStage({ replies: [down] });
  stage.memory.lastCode = 'provider-down';
  const late = { ...stage.job, claimedAtMs: stage.clock.now() - 600_000 };
  expect(await stage.run({}, late)).toEqual({ kind: 'failed', code: 'provider-down', calls: 0 });
});

test('a job that comes when the provider has been silent for its whole deadline asks once and is told', async () => {
  const stage = aSilentStage({ replies: [down] });
  await stage.clock.advance(600_000);
  const job = { ...stage.job, claimedAtMs: stage.clock.now() };
  expect(await stage.run({}, job)).toEqual({ kind: 'failed', code: 'provider-down', calls: 1 });
});

test('a model that falls silent alone rests for everyone, and the job goes on to the next one at once', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [down, done] });
  stage.breaker.noteFault(aFault(keyId('id-2')));
  await stage.clock.advance(100);
  expect(await stage.run()).toMatchObject({ kind: 'answered', progress: { candidate: 1, attempts: 0, calls: 2 } });
  expect(stage.asked.map((call) => call.slice(2))).toEqual(['m1', 'm2']);
  expect(stage.events.filter(({ event }) => /^(breaker|model)/.test(event))).toEqual([
    { event: 'model.cooling', provider: 'bytez', model: 'm1', forMs: 60_000 },
  ]);
});

test('when the next model falls silent too it is the provider, and every model may be asked again', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [down] });
  fallSilent(stage.breaker, keyIds);
  expect(stage.tools.modelCooldowns.isCooling({ provider: 'bytez', model: 'm1' })).toBe(true);
  stage.breaker.noteFault(aFault(keyId('id-2'), 'm2'));
  await stage.clock.advance(100);
  expect(await stage.run()).toMatchObject({ reason: 'provider-silent', progress: { calls: 1, probes: 1 } });
  expect(stage.asked.map((call) => call.slice(2))).toEqual(['m2']);
  expect(stage.tools.modelCooldowns.isCooling({ provider: 'bytez', model: 'm1' })).toBe(false);
});

test('probes of one job go round the models of the provider', async () => {
  const stage = aSilentStage({ replies: [down], chain: elsewhere.slice(0, 2) as [Candidate, Candidate] });
  let progress = stage.job.progress;
  for (let probe = 0; probe < 3; probe += 1) {
    await stage.clock.advance(stage.breaker.probeInMs);
    const ending = await stage.run({}, { ...stage.job, progress });
    if (ending.kind === 'parked') ({ progress } = ending);
  }
  expect(stage.asked.map((call) => call.slice(2))).toEqual(['m1', 'm2', 'm1']);
  expect(progress).toEqual({ candidate: 1, attempts: 0, calls: 3, probes: 3 });
});
