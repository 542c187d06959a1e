import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable } from '../domain/failure.ts';
import type { Dispatcher } from 'undici';
import type { Emit } from '../domain/events.ts';
import { type JobKind, kindTraits, perKind } from '../domain/job.ts';
import type { MediaSource } from '../domain/media.ts';
import type { Downloaded, ResultStore } from '../domain/result-store.ts';
import { isTimeout, systemClock, type Clock } from '../kit/clock.ts';
import { OutageTracker } from '../kit/outage-tracker.ts';
import { createGuardedAgent, type GuardedAgentOptions } from './guarded-connect.ts';
import { createIncomingFile, type IncomingFile, openResult, refusedBy, RefusedResult } from './open-result.ts';
import { findResult, jobsWithResults, openKept, removeResult, resultName } from './stored-results.ts';
import { headBytes, judgeType } from './result-type.ts';
import { withoutMetadata } from './strip-metadata.ts';

/** About a picture. */
const tryBytes = 1_000_000;

const diskCodes = /^(?:ENOSPC|EDQUOT|EROFS|EIO|EFBIG|ENOENT|ENOTDIR|EISDIR|EEXIST)$/;
/** What a connection may be refused with as well. */
const sharedCodes = /^(?:EACCES|EPERM|EMFILE|ENFILE)$/;
const ofConnections = /^(?:connect|bind|getaddrinfo|socket|read|write)$/;

/** The folder of results cannot be written. */
export class ResultDiskError extends StoreUnavailable {
  override readonly name = 'ResultsDiskTrouble';
  readonly isRefusal = true;

  constructor(directory: string, code: string) {
    super(`Cannot write "${directory}": ${code}; make room there and let this user write it`);
  }
}

/** The code of a failed file operation; network errors have none of these. */
export function diskCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const code = String(error.code);
  if (diskCodes.test(code)) return code;
  return sharedCodes.test(code) && !ofConnections.test(String(error.syscall)) ? code : undefined;
}

/** Tries it: is there room for another result? */
export function hasRoom(directory: string): boolean {
  const path = join(directory, `incoming-${randomUUID()}.part`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path, Buffer.alloc(tryBytes), { mode: 0o600, flag: 'wx' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(path, { force: true });
  }
}

export type ResultLimits = {
  /** The largest result of each kind. */
  readonly maxBytes: Readonly<Record<JobKind, number>>;
  /** From the request to the last byte. */
  readonly totalMs: number;
  /** The least rate that is waited for, once the download has run for ten seconds. */
  readonly bytesPerSecond: number;
};

export type ResultStoreOptions = Pick<GuardedAgentOptions, 'allowPrivateHosts' | 'resolve' | 'dial' | 'clock'> & {
  /** Made when missing, readable by nobody else. */
  readonly directory: string;
  /** Instead of the guarded one: it then has to guard the addresses behind names by itself. */
  readonly agent?: Dispatcher;
  readonly limits?: Partial<ResultLimits>;
  /** Hears when the disk begins to refuse, and when it does no more. */
  readonly emit?: Emit;
};

const defaultLimits: ResultLimits = {
  maxBytes: perKind((kind) => kindTraits[kind].maxBytes),
  totalMs: 120_000,
  bytesPerSecond: 1000,
};

const graceMs = 10_000;

/** Brings results to `directory`, one file for each part of a job's result; whatever is not kept leaves nothing behind. */
export function createResultStore(options: ResultStoreOptions): ResultStore & AsyncDisposable {
  const { directory, clock = systemClock, emit = () => undefined } = options;
  const limits: ResultLimits = { ...defaultLimits, ...options.limits };
  const guarded = createGuardedAgent(options);
  const agent = options.agent ?? guarded;
  let trouble: ResultDiskError | undefined;
  const watch = new OutageTracker({
    clock,
    isOver: () => hasRoom(directory),
    onBegin: (error) => emit({ event: 'storage.unavailable', what: 'results', error }),
    onEnd: (lastedMs) => emit({ event: 'storage.recovered', what: 'results', lastedMs }),
  });

  const keep = async (source: MediaSource, kind: JobKind, name: string, signal: AbortSignal): Promise<Downloaded> => {
    const limitBytes = limits.maxBytes[kind];
    await using file = await createIncomingFile(directory);
    const receive = receiver(file, limitBytes);
    if (source.kind === 'bytes') await receive(source.bytes);
    else await download(source.url, receive, { ...options, agent, clock, limits, limitBytes, signal });
    const judged = await judgeType(await file.head(headBytes), kind);
    if (!judged.ok) throw new RefusedResult('result-unusable', judged.why);
    signal.throwIfAborted();
    const { extension, ...type } = judged.type;
    const plain = type.kind === 'image' ? withoutMetadata(await file.head(receive.bytes()), type.mime) : undefined;
    if (plain !== undefined) await file.replaceWith(plain.parts);
    const path = await file.keepAs(`${name}.${extension}`);
    return { ok: true, file: { path, bytes: plain?.bytes ?? receive.bytes(), ...type } };
  };

  return {
    find: (kind, jobId, part) => findResult(directory, kind, jobId, part),
    open: (jobId, part) => openKept(directory, jobId, part),
    list: () => jobsWithResults(directory),
    remove: (jobId) => removeResult(directory, jobId),
    keep: async (source, kind, jobId, parent, part = 0) => {
      using signal = clock.deadline(limits.totalMs, parent);
      try {
        signal.throwIfAborted();
        return await keep(source, kind, resultName(jobId, part), signal);
      } catch (error) {
        if (error instanceof RefusedResult) return { ok: false, failure: error.failure, again: error.again };
        if (signal.aborted && isTimeout(signal.reason)) return unavailable('not complete before the deadline');
        if (signal.aborted) throw signal.reason;
        const code = diskCode(error);
        if (code === undefined) throw error;
        trouble = new ResultDiskError(directory, code);
        watch.meet(trouble);
        return { ...unavailable(`cannot be written to the disk: ${code}`), diskFull: true };
      }
    },
    trouble: () => (watch.isOn ? trouble : undefined),
    [Symbol.asyncDispose]: async () => {
      watch[Symbol.dispose]();
      await guarded.destroy();
    },
  };
}

type Receive = ((chunk: Uint8Array) => Promise<void>) & { bytes(): number };

type Download = {
  readonly allowPrivateHosts: readonly string[];
  readonly agent: Dispatcher;
  readonly clock: Clock;
  readonly limits: ResultLimits;
  readonly limitBytes: number;
  readonly signal: AbortSignal;
};

function receiver(file: IncomingFile, limitBytes: number): Receive {
  let bytes = 0;
  const receive = async (chunk: Uint8Array): Promise<void> => {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) throw tooLarge(limitBytes);
    await file.write(chunk);
  };
  return Object.assign(receive, { bytes: () => bytes });
}

async function download(url: string, receive: Receive, options: Download): Promise<void> {
  const { clock, limits, limitBytes, signal } = options;
  const response = await openResult(url, options);
  const startedUpMs = clock.monotonicMs();
  try {
    if (Number(response.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
    for await (const chunk of response.body) {
      await receive(chunk as Buffer);
      const elapsedMs = clock.monotonicMs() - startedUpMs;
      if (elapsedMs > graceMs && receive.bytes() < (limits.bytesPerSecond * elapsedMs) / 1000) {
        throw new RefusedResult('result-unavailable', `slower than ${limits.bytesPerSecond} bytes a second`, true);
      }
    }
  } catch (error) {
    response.body.destroy();
    signal.throwIfAborted();
    throw error instanceof RefusedResult || diskCode(error) !== undefined ? error : refusedBy(error);
  }
}

function tooLarge(limitBytes: number): RefusedResult {
  return new RefusedResult('result-too-large', `larger than ${limitBytes} bytes`);
}

function unavailable(detail: string): Extract<Downloaded, { ok: false }> {
  return { ok: false, failure: { blame: 'provider', reason: 'result-unavailable', detail }, again: true };
}
