import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { JobLease, Recovered } from '../../src/domain/job-engine.ts';
import type { Outcome } from '../../src/domain/job.ts';
import { jobKinds, lanes } from '../../src/domain/kinds.ts';
import type { MakeEngine, TimedEngine } from './engine-under-test.ts';
import { aTrail } from './call-promises.ts';
import { ModelEngine, type ModelJob } from './model-engine.ts';
import { aRequest, startMs } from './requests.ts';
import { runs } from '../support/property-runs.ts';

const limits = { waiting: 4, perDay: 6 };
const caps = { premium: 2, free: 1 };
const maxCrashes = 3;
const progress = { candidate: 0, attempts: 1, calls: 1 };
const file = { path: 'results/fox.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;
const outcomes = {
  result: { kind: 'result', payload: { kind: 'file', file }, model: 'fox' },
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
  { weight: 3, arbitrary: fc.record({ do: fc.constant('call' as const), pick, ends: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tell' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What the engine said and what the model says it should have said. */
type Answers = { readonly engine: unknown; readonly model: unknown };

const nothing: Answers = { engine: undefined, model: undefined };

/** An engine and the model side by side; each step is taken by both. */
class Walk {
  readonly #model = new ModelEngine();
  readonly #leases = new Map<number, JobLease>();
  readonly #spent: JobLease[] = [];
  readonly #reopen: () => Promise<TimedEngine>;
  #nowMs = startMs;
  #engine: TimedEngine;

  constructor(engine: TimedEngine, reopen: () => Promise<TimedEngine>) {
    this.#engine = engine;
    this.#reopen = reopen;
  }

  async take(step: Step): Promise<Answers> {
    switch (step.do) {
      case 'accept': {
        const answer = await this.#engine.queue.accept(aRequest(step), limits);
        const model = this.#model.accept(step, limits, this.#nowMs);
        return { engine: answer.kind === 'refused' ? answer.code : answer.kind, model };
      }
      case 'claim': {
        const model = this.#model.claim(step.line, caps, this.#nowMs)?.updateId;
        const claim = await this.#engine.queue.claim(step.line);
        if (claim !== undefined) this.#leases.set(claim.job.updateId, claim.lease);
        return { engine: claim?.job.updateId, model };
      }
      case 'park':
        return this.#withRunning(step.pick, async (job, lease) => {
          const readyAtMs = this.#nowMs + step.forMs;
          this.#model.park(job, step.line, readyAtMs);
          return this.#engine.queue.park(lease, { line: step.line, readyAtMs, reason: 'keys-busy', progress });
        });
      case 'hand back':
        return this.#withRunning(step.pick, async (job, lease) => {
          this.#model.requeueFront(job);
          return this.#engine.queue.requeueFront(lease);
        });
      case 'settle':
        return this.#withRunning(step.pick, async (job, lease) => {
          this.#model.end(job, step.ending);
          return this.#engine.queue.settle(lease, outcomes[step.ending]);
        });
      case 'call':
        return this.#call(step.pick, step.ends);
      case 'cancel':
        return this.#cancel(step.pick);
      case 'tell':
        return this.#emit(step.pick);
      case 'wait':
        this.#nowMs += step.ms;
        this.#engine.at(this.#nowMs);
        return nothing;
      case 'reopen':
        this.#engine = await this.#reopen();
        return nothing;
      case 'crash':
        this.#engine = await this.#reopen();
        return {
          engine: counted(await this.#engine.queue.recover(maxCrashes)),
          model: this.#model.recover(maxCrashes, this.#nowMs),
        };
    }
  }

  /** Acts once under the job's lease; a second act under the lease that is spent then has to be refused. */
  async #withRunning(pick: number, act: (job: ModelJob, lease: JobLease) => Promise<boolean>): Promise<Answers> {
    const job = choose(this.#model.jobs, 'running', pick);
    const lease = job && this.#leases.get(job.updateId);
    if (job === undefined || lease === undefined) return nothing;
    this.#spent.push(lease);
    const first = await act(job, lease);
    return {
      engine: [first, await this.#engine.queue.settle(lease, outcomes.failed)],
      model: [true, false],
    };
  }

  /** Sends one more call, and perhaps hears how it ended; nobody does so under a lease that is spent. */
  async #call(pick: number, ends: boolean): Promise<Answers> {
    const job = choose(this.#model.jobs, 'running', pick);
    const lease = job && this.#leases.get(job.updateId);
    if (job === undefined || lease === undefined) return nothing;
    job.calls.push(ends ? 'answered' : 'sent');
    const call = job.calls.length;
    const engine = [await this.#engine.queue.recordCall(lease, aTrail(call))];
    if (ends) engine.push(await this.#engine.queue.recordCall(lease, aTrail(call, { kind: 'answered', ms: 1 })));
    const spent = this.#spent.find((old) => old.jobId === lease.jobId);
    if (spent !== undefined) engine.push(!(await this.#engine.queue.recordCall(spent, aTrail(call + 1))));
    return { engine, model: engine.map(() => true) };
  }

  async #cancel(pick: number): Promise<Answers> {
    const job = this.#model.jobs[pick % Math.max(1, this.#model.jobs.length)];
    if (job === undefined) return nothing;
    const model = { waiting: 'cancelled', running: 'running', ended: 'too-late', told: 'too-late' }[job.state];
    if (model !== 'too-late') this.#model.end(job, 'cancelled');
    return {
      engine: (await this.#engine.queue.cancel(jobId(`tg-${job.updateId}`), job.userId)).kind,
      model,
    };
  }

  async #emit(pick: number): Promise<Answers> {
    const job = choose(this.#model.jobs, 'ended', pick);
    if (job === undefined) return nothing;
    job.state = 'told';
    const emitting = await this.#engine.delivery.claim(jobId(`tg-${job.updateId}`));
    return { engine: emitting && (await this.#engine.delivery.done(emitting.lease)), model: true };
  }

  /** Everything that can be asked once the life is over. */
  async end(): Promise<Answers> {
    const jobs = this.#model.jobs;
    const found = await Promise.all(jobs.map(({ updateId }) => this.#engine.reader.find(jobId(`tg-${updateId}`))));
    const trails = await Promise.all(jobs.map(({ updateId }) => this.#engine.reader.trailOf(jobId(`tg-${updateId}`))));
    const refused = await Promise.all(this.#spent.map((lease) => this.#engine.queue.requeueFront(lease)));
    const { lines, undelivered } = await this.#engine.reader.stats();
    const waiting = lines.reduce((sum, at) => sum + at.waiting.free + at.waiting.premium, 0);
    const running = lines.reduce((sum, at) => sum + at.running, 0);
    const count = (of: ModelJob['state']) => jobs.filter((job) => job.state === of).length;
    return {
      engine: {
        jobs: found.map((job) => [job?.state.kind, job?.line]),
        calls: trails.map((trail) => trail.map(({ ending }) => ending.kind)),
        refused,
        waiting,
        running,
        undelivered,
      },
      model: {
        jobs: jobs.map(({ state, line }) => [state, line]),
        calls: jobs.map(({ calls }) => calls),
        refused: refused.map(() => false),
        waiting: count('waiting'),
        running: count('running'),
        undelivered: count('ended'),
      },
    };
  }
}

function choose(jobs: readonly ModelJob[], state: ModelJob['state'], pick: number): ModelJob | undefined {
  const able = jobs.filter((job) => job.state === state);
  return able[pick % Math.max(1, able.length)];
}

/** Whatever happens in whatever order: nothing is lost, nothing handed out twice or out of turn. */
export function modelPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} agrees with the plainest model about every step of a random life`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 120 }), async (steps) => {
        await using app = await makeEngine(caps);
        const walk = new Walk(app.engine, () => app.reopen());
        for (const each of steps) {
          const { engine, model } = await walk.take(each);
          expect(engine).toEqual(model);
        }
        const { engine, model } = await walk.end();
        expect(engine).toEqual(model);
      }),
      { numRuns: runs(100) },
    );
  });
}

function counted({ handedBack, setAside }: Recovered) {
  return { handedBack, setAside: setAside.length };
}
