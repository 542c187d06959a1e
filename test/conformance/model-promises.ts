import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { JobEngine, JobLease } from '../../src/domain/job-engine.ts';
import { jobKinds, lanes } from '../../src/domain/job.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { ModelEngine, type ModelJob } from './model-engine.ts';
import { aRequest, startMs } from './requests.ts';

const limits = { waiting: 4, perDay: 6 };
const caps = { running: { premium: 2, free: 1 } };
const maxCrashes = 3;
const progress = { candidate: 0, attempts: 1, calls: 1 };
const file = { path: 'results/fox.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;
const outcomes = {
  result: { kind: 'result', file, model: 'fox' },
  failed: { kind: 'failed', code: 'busy' },
  cancelled: { kind: 'cancelled' },
} as const satisfies Record<'result' | 'failed' | 'cancelled', Outcome>;

const line = fc.constantFrom('bytez' as const, 'openai' as const);
const pick = fc.nat(1_000);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('accept' as const),
      updateId: fc.integer({ min: 1, max: 60 }),
      userId: fc.integer({ min: 1, max: 5 }),
      lane: fc.constantFrom(...lanes),
      kind: fc.constantFrom(...jobKinds),
      line,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('claim' as const), line }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('park' as const), pick, line, forMs: fc.nat(3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hand back' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      pick,
      ending: fc.constantFrom('result' as const, 'failed' as const, 'cancelled' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tell' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** An engine and the model side by side; each step is taken by both and has to come out the same. */
class Walk {
  readonly model = new ModelEngine();
  readonly #leases = new Map<number, JobLease>();
  readonly #spent: JobLease[] = [];
  readonly #reopen: () => Promise<JobEngine>;
  #nowMs = startMs;
  engine: JobEngine;

  constructor(engine: JobEngine, reopen: () => Promise<JobEngine>) {
    this.engine = engine;
    this.#reopen = reopen;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'accept': {
        const answer = await this.engine.accept(aRequest(step), limits, this.#nowMs);
        const kind = answer.kind === 'refused' ? answer.code : answer.kind;
        expect(kind).toBe(this.model.accept(step, limits, this.#nowMs));
        return;
      }
      case 'claim': {
        const expected = this.model.claim(step.line, caps, this.#nowMs);
        const claim = await this.engine.claim(step.line, caps, this.#nowMs);
        expect(claim?.job.updateId).toBe(expected?.updateId);
        if (claim !== undefined) this.#leases.set(claim.job.updateId, claim.lease);
        return;
      }
      case 'park':
        await this.#withRunning(step.pick, async (job, lease) => {
          const readyAtMs = this.#nowMs + step.forMs;
          this.model.park(job, step.line, readyAtMs);
          return this.engine.park(lease, { line: step.line, readyAtMs, reason: 'keys-busy', progress });
        });
        return;
      case 'hand back':
        await this.#withRunning(step.pick, async (job, lease) => {
          this.model.handBack(job);
          return this.engine.handBack(lease);
        });
        return;
      case 'settle':
        await this.#withRunning(step.pick, async (job, lease) => {
          this.model.end(job, step.ending);
          return this.engine.settle(lease, outcomes[step.ending], this.#nowMs);
        });
        return;
      case 'cancel': {
        const job = this.model.jobs[step.pick % Math.max(1, this.model.jobs.length)];
        if (job === undefined) return;
        const expected = { waiting: 'cancelled', running: 'running', ended: 'too-late', told: 'too-late' }[job.state];
        const { kind } = await this.engine.cancel(jobId(`tg-${job.updateId}`), job.userId, this.#nowMs);
        expect(kind).toBe(expected);
        if (kind !== 'too-late') this.model.end(job, 'cancelled');
        return;
      }
      case 'tell': {
        const job = choose(this.model.jobs, 'ended', step.pick);
        const telling = job && (await this.engine.claimTelling(jobId(`tg-${job.updateId}`)));
        if (job === undefined || telling === undefined) return expect(telling).toBe(job);
        expect(await this.engine.told(telling.lease, this.#nowMs)).toBe(true);
        job.state = 'told';
        return;
      }
      case 'wait':
        this.#nowMs += step.ms;
        return;
      case 'reopen':
        this.engine = await this.#reopen();
        return;
      case 'crash':
        this.engine = await this.#reopen();
        expect(await this.engine.recover(maxCrashes, this.#nowMs)).toEqual(this.model.recover(maxCrashes, this.#nowMs));
        return;
    }
  }

  /** Acts once under the job's lease; the same act under the lease it has then spent is refused. */
  async #withRunning(pick: number, act: (job: ModelJob, lease: JobLease) => Promise<boolean>): Promise<void> {
    const job = choose(this.model.jobs, 'running', pick);
    const lease = job && this.#leases.get(job.updateId);
    if (job === undefined || lease === undefined) return;
    expect(await act(job, lease)).toBe(true);
    this.#spent.push(lease);
    expect(await this.engine.settle(lease, outcomes.failed, this.#nowMs)).toBe(false);
  }

  async agree(): Promise<void> {
    for (const { updateId, state, line } of this.model.jobs) {
      const job = await this.engine.find(jobId(`tg-${updateId}`));
      expect({ updateId, state: job?.state.kind, line: job?.line }).toEqual({ updateId, state, line });
    }
    for (const lease of this.#spent) expect(await this.engine.handBack(lease)).toBe(false);
    const count = (of: ModelJob['state']) => this.model.jobs.filter((job) => job.state === of).length;
    const stats = await this.engine.stats();
    const waiting = stats.lines.reduce((sum, at) => sum + at.waiting.free + at.waiting.premium, 0);
    const running = stats.lines.reduce((sum, at) => sum + at.running, 0);
    expect([waiting, running, stats.untold]).toEqual([count('waiting'), count('running'), count('ended')]);
  }
}

function choose(jobs: readonly ModelJob[], state: ModelJob['state'], pick: number): ModelJob | undefined {
  const able = jobs.filter((job) => job.state === state);
  return able[pick % Math.max(1, able.length)];
}

/** Whatever happens in whatever order: nothing is lost, nothing handed out twice or out of turn. */
export function modelPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} agrees with the plainest model about every step of a random life`, { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 120 }), async (steps) => {
        await using house = await makeEngine();
        const walk = new Walk(house.engine, () => house.reopen());
        for (const each of steps) await walk.take(each);
        await walk.agree();
      }),
      { numRuns: 60 },
    );
  });
}
