import { expect, test } from 'vitest';
import type { SynchronousProvider } from '../../src/domain/provider.ts';
import { anAttemptStage, done } from './attempt-stage.ts';
import { describeError } from '../../src/observability/describe-error.ts';

/** The stage of one job, with a provider whose calls do this. */
function aStageWith(generate: SynchronousProvider['generate']) {
  const stage = anAttemptStage({ replies: [done], keys: 8 });
  const provider: SynchronousProvider = { name: 'bytez', probe: async () => ({ ok: true }), generate };
  return { ...stage, run: () => stage.run({ providers: new Map([['bytez', provider]]) }) };
}

/** Ends what is left of the job, so that nothing goes on after the test. */
async function stopped(stage: ReturnType<typeof anAttemptStage>, running: Promise<unknown>): Promise<void> {
  stage.abort.abort(new Error('Cancelled'));
  const ended = running.catch((error: unknown) => error);
  await stage.clock.advance(31_000);
  expect(await ended).toMatchObject({ message: 'Cancelled' });
  expect(stage.pool.snapshot().keys.every(({ inFlight }) => inFlight === 0)).toBe(true);
}

test('a call that never ends is stopped by its deadline, and its seat is free again (Q15)', async () => {
  const stage = anAttemptStage({ replies: [done], hang: true });
  const running = stage.run();
  await stage.clock.advance(90_000);
  expect(stage.noted.map(({ ending }) => ending)).toMatchObject([
    { kind: 'sent' },
    { kind: 'failed', reason: 'timed-out' },
  ]);
  expect(stage.pool.snapshot().keys.every(({ inFlight }) => inFlight === 0)).toBe(true);
  await stopped(stage, running);
});

test('a call that goes on although it was told to stop is left behind after half a minute, and that is told (Q15)', async () => {
  const stage = aStageWith(() => new Promise(() => undefined));
  const running = stage.run();
  await stage.clock.advance(90_000 + 29_000);
  expect(stage.noted.map(({ ending }) => ending.kind)).toEqual(['sent']);
  await stage.clock.advance(1_000);
  expect(stage.noted.at(-1)?.ending).toMatchObject({ kind: 'failed', reason: 'timed-out' });
  expect(stage.events).toContainEqual({
    event: 'app.error',
    what: 'call the adapter of bytez',
    error: expect.objectContaining({ name: 'StopTimeoutError' }) as unknown,
  });
  await stopped(stage, running);
});

test('a cancelled job whose call goes on is over after half a minute (Q15)', async () => {
  const stage = aStageWith(() => new Promise(() => undefined));
  const running = stage.run();
  await stage.clock.advance(1_000);
  expect(stage.noted.map(({ ending }) => ending.kind)).toEqual(['sent']);
  await stopped(stage, running);
  expect(stage.noted.at(-1)?.ending.kind).toBe('broken-off');
});

const cyclic: { name: string; cause?: unknown } = { name: 'Round' };

cyclic.cause = cyclic;

const hostile = new Proxy(new Error('canary'), {
  get: () => {
    throw new Error('canary');
  },
});

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['a text', 'canary'],
  ['an object that goes round', cyclic],
  ['an error whose properties throw', hostile],
  ['an object without a prototype', Object.create(null)],
  ['an error that quotes a key', new TypeError('Headers.append: "canary\r\n" is an invalid header value.')],
])(
  'an adapter that throws %s costs the job an attempt, and nothing of what it threw is kept (Q16)',
  async (_what, thrown) => {
    let calls = 0;
    const stage = aStageWith(async () => {
      calls += 1;
      if (calls > 1) return done;
      throw thrown;
    });
    const running = stage.run();
    await stage.clock.advance(5_000);
    expect(await running).toMatchObject({ kind: 'answered', progress: { attempts: 1, calls: 2 } });
    const ending = stage.noted.find(({ ending: { kind } }) => kind === 'failed')?.ending;
    expect(ending).toMatchObject({ reason: 'failed-run', detail: 'the adapter failed' });
    expect(stage.events.filter(({ event }) => event === 'app.error')).toHaveLength(1);
    expect(describeError(thrown).length).toBeGreaterThan(0);
  },
);
