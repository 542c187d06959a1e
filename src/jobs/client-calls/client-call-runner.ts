import type { CallEnding, CallResult, ClientCall, ClientCalls } from '../../domain/gateway/client-call.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Refusing, WordGuard } from '../../domain/safety/safety.ts';
import { picturesOfCall, textsOfCall } from '../safety/call-texts.ts';
import { isCancelled, JobStopped } from '../running-jobs.ts';
import { OneCall, type OneCallOptions } from './one-call.ts';

export type ClientCallRunnerOptions = OneCallOptions & { readonly guard?: WordGuard | undefined };

const refusedDetail = {
  refused: 'this server refuses what the words ask for, and asked no provider; change them',
  'provider-down': 'the words could not be checked, and this server makes nothing unchecked; try again later',
} as const satisfies Record<Refusing, string>;

/** A process that stops is started again soon. */
const restartMs = 1_000;

/**
 * Makes the calls of clients: the turns of the attempt loop like those of a job, with a journal in memory. A call whose
 * line is empty starts at once; another waits for its turn among the jobs of people (see `shareLine`).
 */
export class ClientCallRunner implements ClientCalls {
  readonly #options: ClientCallRunnerOptions;
  readonly #running = new Map<JobId, AbortController>();
  readonly #idle = new Set<() => void>();
  #closing = false;

  constructor(options: ClientCallRunnerOptions) {
    this.#options = options;
  }

  async run(call: ClientCall, stop: AbortController): Promise<CallEnding> {
    const { emit, clock, guard } = this.#options;
    const { signal } = stop;
    signal.throwIfAborted();
    if (this.#closing) return { kind: 'failed', code: 'stopped', calls: 0, retryAfterMs: restartMs };
    const { id: jobId, kind, client } = call;
    this.#running.set(jobId, stop);
    const { lane } = client;
    const trace = call.trace === undefined ? {} : { trace: call.trace };
    emit({ event: 'job.accepted', jobId, kind, lane, ahead: 0, client: client.name, ...trace });
    const startedMs = clock.monotonicMs();
    try {
      const refused = guard && (await guard.judge(jobId, textsOfCall(call), signal, picturesOfCall(call)));
      const ending: CallEnding =
        refused === undefined
          ? await new OneCall(call, signal, this.#options).run()
          : { kind: 'failed', code: refused, calls: 0, detail: refusedDetail[refused] };
      if (ending.kind === 'failed') emit({ event: 'job.failed', jobId, code: ending.code, calls: ending.calls });
      else {
        const ms = Math.round(clock.monotonicMs() - startedMs);
        emit({ event: 'job.produced', jobId, ...sizeOf(ending.result), ms });
      }
      return ending;
    } catch (error) {
      if (isCancelled({ reason: error })) {
        emit({ event: 'job.cancelled', jobId });
        throw error;
      }
      // Whatever happened, a call that began has an end.
      emit({ event: 'job.failed', jobId, code: 'stopped', calls: 0 });
      if (!(error instanceof JobStopped)) throw error;
      return { kind: 'failed', code: 'stopped', calls: 0, retryAfterMs: restartMs };
    } finally {
      this.#running.delete(jobId);
      if (this.#running.size === 0) for (const tell of this.#idle) tell();
    }
  }

  isRunning(id: JobId): boolean {
    return this.#running.has(id);
  }

  /** Takes no further calls; those that run may end until `patience` aborts. Resolves when none runs. */
  async drain(patience: AbortSignal): Promise<void> {
    this.#closing = true;
    const stopAll = () => {
      for (const stop of this.#running.values()) stop.abort(new JobStopped('closing'));
    };
    if (patience.aborted) stopAll();
    patience.addEventListener('abort', stopAll, { once: true });
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.add(resolve));
    patience.removeEventListener('abort', stopAll);
  }
}

function sizeOf(result: CallResult): { readonly mime: string; readonly bytes: number } {
  if (result.kind === 'text') {
    return { mime: 'text/plain', bytes: result.relayed?.byteLength ?? Buffer.byteLength(result.text) };
  }
  const bytes = result.files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
  return { mime: result.files[0]?.mime ?? 'text/plain', bytes };
}
