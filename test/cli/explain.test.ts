import { expect, test } from 'vitest';
import type { AttemptEnding, AttemptTrail } from '../../src/domain/attempt-trail.ts';
import { keyId } from '../../src/domain/ids.ts';
import type { JobRequest, Outcome } from '../../src/domain/job.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import type { TimedEngine } from '../conformance/engine-under-test.ts';
import { claimed, roomy, aRequest } from '../conformance/requests.ts';
import { aCommandLine, atMs, type CommandLine } from './command-line.ts';

const picture: Outcome = {
  kind: 'result',
  payload: { kind: 'file', file: { path: '/results/fox.png', kind: 'image', mime: 'image/png', bytes: 99_000 } },
  model: 'org/model-one',
};

function aCall(call: number, place: number, ending: AttemptEnding, more: Partial<AttemptTrail> = {}): AttemptTrail {
  return {
    call,
    candidate: { provider: 'bytez', model: 'org/model-one' },
    attempt: 1,
    of: 3,
    keyId: keyId(`id-${place}`),
    keyName: `bytez #${place}`,
    choice: { why: 'soonest', of: 4, skipped: { cooling: 2, benched: 1 }, expectedMs: 4_000 },
    waitedMs: 300,
    startedAtMs: atMs + call * 1_000,
    ending,
    ...more,
  };
}

const rejected: AttemptEnding = {
  kind: 'failed',
  reason: 'rejected',
  sureness: 'sure',
  detail: 'HTTP 401: Unauthorized',
  ms: 120,
};

/** Accepts a request, claims its job and records these calls, as the bot does. */
async function aJob(
  engine: TimedEngine,
  updateId: number,
  calls: readonly AttemptTrail[],
  more: Partial<JobRequest> = {},
): Promise<{ readonly id: string; end(outcome: Outcome): Promise<void> }> {
  const accepted = await engine.at(atMs).queue.accept({ ...aRequest({ updateId }), ...more }, roomy);
  if (accepted.kind !== 'accepted') throw new Error(`Cannot accept: ${accepted.kind}`);
  const { lease } = await claimed(engine.at(atMs + 400));
  for (const call of calls) {
    await engine.queue.recordCall(lease, { ...call, ending: { kind: 'sent' } });
    if (call.ending.kind !== 'sent') await engine.queue.recordCall(lease, call);
  }
  return {
    id: accepted.job.id,
    end: async (outcome) => {
      await engine.at(atMs + 6_000).queue.settle(lease, outcome);
    },
  };
}

async function withEngine<Answer>(cli: CommandLine, work: (engine: TimedEngine) => Promise<Answer>): Promise<Answer> {
  using database = cli.openAsBot();
  return await work(anEngine(database));
}

test('explain shows a job call by call', async () => {
  using cli = aCommandLine();
  const id = await withEngine(cli, async (engine) => {
    const answered = aCall(
      2,
      3,
      { kind: 'answered', ms: 4_500 },
      {
        choice: { why: 'only-one', of: 1, skipped: { 'just-failed': 1 } },
        waitedMs: 0,
      },
    );
    const job = await aJob(engine, 7, [aCall(1, 2, rejected), answered], {
      prompt: 'a red\nfox \u001b[31min the snow',
      options: { aspect: '16:9', seed: 42, negative: 'text' },
    });
    await job.end(picture);
    return job.id;
  });
  await cli.clock.advance(60_000);
  const { out, code } = await cli.run(`explain ${id}`);
  expect(code).toBe(0);
  expect(out).toBe(`Job ${id}: image, free lane, line bytez
  "a red fox [31min the snow" --aspect 16:9 --seed 42 --no "text"
  accepted 12:00:00 UTC (60 s ago), first started after 400 ms

  1. 12:00:01 bytez #2, attempt 1/3, bytez:org/model-one
     chosen as soonest of 4, 2 cooling, 1 benched skipped, expected to take 4 s; waited 300 ms
     rejected (sure) after 120 ms: HTTP 401: Unauthorized
     it concerns this key; next: another key at once
  2. 12:00:02 bytez #3, attempt 1/3, bytez:org/model-one
     chosen as the only one left, 1 that just failed skipped; waited 0 ms
     succeeded in 4.5 s

Ended 12:00:06 UTC (54 s ago), 6 s after it was accepted: image of 99 kB, org/model-one; 2 calls; not delivered yet
`);
});

test('explain --json prints the trail with what each failure means, and the prompt shortened', async () => {
  using cli = aCommandLine();
  const call = aCall(1, 2, rejected);
  const id = await withEngine(cli, async (engine) => {
    const job = await aJob(engine, 7, [call], { prompt: 'a very long prompt '.repeat(60) });
    await job.end({ kind: 'failed', code: 'busy', againAtMs: atMs + 600_000 });
    return job.id;
  });
  const document = JSON.parse((await cli.run(`explain ${id} --json`)).out) as { prompt: string };
  expect(document).toMatchObject({
    id,
    kind: 'image',
    lane: 'free',
    options: null,
    line: 'bytez',
    acceptedAtMs: atMs,
    claimedAtMs: atMs + 400,
    endedAtMs: atMs + 6_000,
    state: 'ended',
    waiting: null,
    outcome: { kind: 'failed', code: 'busy', againAtMs: atMs + 600_000 },
    calls: [{ ...call, traits: { scope: 'key', action: 'rotate' } }],
  });
  expect(document.prompt.length).toBeLessThanOrEqual(200);
});

const endings: readonly (readonly [AttemptEnding, string])[] = [
  [{ kind: 'not-sent' }, 'never sent: the job was cancelled or requeued before'],
  [{ kind: 'sent' }, 'in flight, or the bot ended before the answer was stored'],
  [{ kind: 'broken-off', ms: 2_000 }, 'aborted after 2 s: the job was cancelled or requeued'],
  [
    { kind: 'failed', reason: 'overloaded', sureness: 'guess', detail: 'too\u0007 much\nto do', ms: 90 },
    'overloaded (a guess) after 90 ms: too much to do\n     it concerns the provider; next: wait, then again',
  ],
];

test.each(endings)('explain says how a call ended: %o', async (ending, words) => {
  using cli = aCommandLine();
  const { id } = await withEngine(cli, (engine) => aJob(engine, 7, [aCall(1, 1, ending)]));
  const { out } = await cli.run(`explain ${id}`);
  expect(out).toContain(words);
  expect(out.trimEnd().split('\n').at(-1)).toBe('running; 1 call so far');
});

test('explain says what a waiting job waits for', async () => {
  using cli = aCommandLine();
  const id = await withEngine(cli, async (engine) => {
    const accepted = await engine.at(atMs).queue.accept(aRequest({ updateId: 7 }), roomy);
    const { lease } = await claimed(engine.at(atMs));
    const progress = { candidate: 0, attempts: 0, calls: 0 };
    await engine.queue.park(lease, { line: 'bytez', readyAtMs: atMs + 45_000, reason: 'keys-cooling', progress });
    return accepted.kind === 'accepted' ? accepted.job.id : '';
  });
  const { out } = await cli.run(`explain ${id}`);
  expect(out).toContain('no call was made for it');
  expect(out).toContain('waits until 12:00:45 UTC (in 45 s) because every key is cooling; 0 calls so far');
});

test('explain of an unknown job is one sentence and exit code 1', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const { out, err, code } = await cli.run(`explain 'tg-\u001b[2Jno'`);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toBe('There is no job "tg- [2Jno"; "darkroom explain" alone lists the last 10\n');
});

test('explain where the bot has never run says so', async () => {
  using cli = aCommandLine();
  const { err, code } = await cli.run('explain tg-1');
  expect(code).toBe(1);
  expect(err).toContain('the bot has never run with DATA_DIR');
});

test('explain without a job lists the last ten, newest first', async () => {
  using cli = aCommandLine();
  await withEngine(cli, async (engine) => {
    for (let updateId = 1; updateId <= 11; updateId += 1) {
      const job = await aJob(engine, updateId, []);
      if (updateId % 2 === 0)
        await job.end(updateId === 10 ? { kind: 'cancelled' } : { kind: 'failed', code: 'refused' });
    }
    await engine.at(atMs).queue.accept(aRequest({ updateId: 12, lane: 'premium' }), roomy);
  });
  const { out, code } = await cli.run('explain');
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(11);
  expect(lines[1]).toMatch(/12 +12:00:00 UTC \(0 s ago\) +image +premium +0 +waits in line +a red fox, number 12$/);
  expect(lines[2]).toMatch(/running +a red fox, number 11$/);
  expect(lines[3]).toMatch(/cancelled +a red fox, number 10$/);
  expect(lines[5]).toMatch(/failed: refused +a red fox, number 8$/);
  const { jobs } = JSON.parse((await cli.run('explain --json')).out) as { jobs: { id: string }[] };
  expect(jobs).toHaveLength(10);
});

test('explain says that there is no job yet', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  expect(await cli.run('explain')).toEqual({ code: 0, out: 'There is no job yet\n', err: '' });
});
