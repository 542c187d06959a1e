import type { JobQueue, JobReader } from '../domain/job-engine.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { Clock } from '../kit/clock.ts';
import type { WordGuard } from '../domain/safety/safety.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { LoopTools } from './attempt-loop.ts';
import { type Breakers, hasFallback } from './circuit-breaker/breakers.ts';
import { ClientCallRunner } from './client-calls/client-call-runner.ts';
import type { OneCallOptions } from './client-calls/one-call.ts';
import { ClientLines, shareLine } from './client-calls/client-lines.ts';
import { Dispatcher } from './dispatcher.ts';
import type { JobRunner } from './job-runner.ts';

export type LinesOptions = Omit<LoopTools, 'breakers' | 'pool'> & {
  readonly breakers: Breakers;
  readonly pool: KeyPool;
  readonly queue: JobQueue;
  readonly reader: JobReader;
  readonly clock: Clock;
  readonly runner: JobRunner;
  /** Absent where no program asks. */
  readonly clients?: Pick<OneCallOptions, 'results' | 'inputs' | 'onAnswered' | 'maxWaitMs'> | undefined;
  readonly guard?: WordGuard | undefined;
};

/** The lines of the providers, each shared by the jobs of people and the calls of clients; and who makes those calls. */
export function openLines(options: LinesOptions): {
  readonly lines: ReadonlyMap<ProviderName, Dispatcher>;
  readonly calls: ClientCallRunner | undefined;
} {
  const { breakers, chains, queue, reader, pool, clock, deadlineMs, runner, emit, clients } = options;
  const waiting = new ClientLines(clock, (line) => lines.get(line)?.poke());
  const lines = new Map(
    [...breakers].map(([provider, breaker]) => [
      provider,
      new Dispatcher({
        provider,
        breaker,
        hasFallback: () => hasFallback(chains, provider, breakers),
        queue,
        reader,
        pool,
        clock,
        deadlineMs,
        ...(clients === undefined ? {} : { guests: shareLine(provider, waiting) }),
        runner,
        onError: (error) => emit({ event: 'app.error', what: `claim the next job of ${provider}`, error }),
      }),
    ]),
  );
  const isLineEmpty = (line: ProviderName) => lines.get(line)?.isEmpty === true;
  return {
    lines,
    calls: clients && new ClientCallRunner({ ...options, ...clients, lines: waiting, isLineEmpty }),
  };
}
