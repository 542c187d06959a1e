import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable } from '../domain/failure.ts';
import type { Dispatcher } from 'undici';
import type { Emit } from '../domain/events.ts';
import { type JobKind, kindTraits, perKind } from '../domain/kinds.ts';
import type { Downloaded, MediaSource, ResultStore } from '../domain/media.ts';
import type { Processes } from '../domain/shared/processes.ts';
import { isTimeout, systemClock, type Clock } from '../kit/clock.ts';
import { makeFolder } from '../kit/files.ts';
import { OutageTracker } from '../kit/outage-tracker.ts';
import { type GuardedAgentOptions, createGuardedAgent } from './connector.ts';
import { openResult, refusedBy, RefusedResult } from './open-result.ts';
import {
  createIncomingFolder,
  findResult,
  type IncomingFile,
  jobsWithResults,
  openKept,
  removeResult,
  resultName,
} from './result-files.ts';
import { judgeFile, type JudgedFile } from './judge-file.ts';
import { plain as plainWords } from './sound-facts.ts';
import { unpacked } from './result-encodings.ts';
import { withoutMetadata } from './strip-metadata.ts';
import { removeUnfinished, unfinishedName } from './unfinished-files.ts';

/** The size of the test file: about one picture. */
const testFileBytes = 1_000_000;

const diskCodes = /^(?:ENOSPC|EDQUOT|EROFS|EIO|EFBIG|ENOENT|ENOTDIR|EISDIR|EEXIST)$/;
/** Codes of file operations and of connections alike. */
const sharedCodes = /^(?:EACCES|EPERM|EMFILE|ENFILE)$/;
const connectionCalls = /^(?:connect|bind|getaddrinfo|socket|read|write)$/;

/** The results folder cannot be written. */
export class ResultDiskError extends StoreUnavailable {
  override readonly name = 'ResultDiskError';
  readonly isRefusal = true;

  constructor(directory: string, code: string) {
    super(`Cannot write "${directory}": ${code}; make room there and let this user write it`);
  }
}

/** The error code of a failed file operation; undefined for any other error, network errors included. */
export function diskCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const code = String(error.code);
  if (diskCodes.test(code)) return code;
  return sharedCodes.test(code) && !connectionCalls.test(String(error.syscall)) ? code : undefined;
}

/** Writes a test file to check whether the folder can store another result. */
export function hasRoom(directory: string, owner?: string): boolean {
  const path = join(directory, unfinishedName(owner));
  try {
    makeFolder(directory);
    writeFileSync(path, Buffer.alloc(testFileBytes), { mode: 0o600, flag: 'wx' });
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
  /** The timeout from the request to the last byte. */
  readonly totalMs: number;
  /** The minimum rate of a download, checked after its first ten seconds. */
  readonly minBytesPerSecond: number;
};

export type ResultStoreOptions = GuardedAgentOptions & {
  /** Created when missing, readable only by this user. */
  readonly directory: string;
  /** Replaces the guarded agent; it must then check resolved addresses itself. */
  readonly agent?: Dispatcher;
  readonly limits?: Partial<ResultLimits>;
  /** Who shares the folder; nobody where it is absent. */
  readonly processes?: Pick<Processes, 'id' | 'isAlone' | 'living' | 'seesWhoIsDead'>;
  /** Receives an event when the disk starts and stops refusing writes. */
  readonly emit?: Emit;
};

const defaultLimits: ResultLimits = {
  maxBytes: perKind((kind) => kindTraits[kind].maxBytes),
  totalMs: 120_000,
  minBytesPerSecond: 1000,
};

const graceMs = 10_000;

/** Stores results in `directory`, one file per part of a job's result. A failed download leaves no file behind. */
export function createResultStore(options: ResultStoreOptions): ResultStore & AsyncDisposable {
  const { directory, clock = systemClock, emit = () => undefined } = options;
  const limits: ResultLimits = { ...defaultLimits, ...options.limits };
  const guarded = createGuardedAgent(options);
  const agent = options.agent ?? guarded;
  const { processes } = options;
  const owner = processes?.isAlone === false ? processes.id : undefined;
  const folder = createIncomingFolder(directory, owner);
  let diskError: ResultDiskError | undefined;
  const watch = new OutageTracker({
    clock,
    isOver: () => hasRoom(directory, owner),
    onBegin: (error) => emit({ event: 'storage.unavailable', what: 'results', error }),
    onEnd: (lastedMs) => {
      diskError = undefined;
      emit({ event: 'storage.recovered', what: 'results', lastedMs });
    },
  });

  const store = async (source: MediaSource, kind: JobKind, name: string, signal: AbortSignal): Promise<Downloaded> => {
    const limitBytes = limits.maxBytes[kind];
    using file = folder.incoming();
    const receive = receiver(file, limitBytes);
    if (source.kind === 'bytes') receive(source.bytes);
    else await downloadUrl(source.url, receive, { ...options, agent, clock, limits, limitBytes, signal });
    const judged = await judgeFile(file.content(), kind);
    if (judged.kind !== 'good') throw refusedFile(judged);
    signal.throwIfAborted();
    const { extension, ...type } = judged.type;
    const content = file.content();
    const plain = type.kind === 'image' ? withoutMetadata(await content.read(0, content.bytes), type.mime) : undefined;
    if (plain !== undefined) file.replaceWith(plain.parts);
    const path = await file.keepAs(`${name}.${extension}`);
    const title = type.kind === 'audio' ? plainWords(source.title) : undefined;
    const named = title === undefined ? type : { ...type, title };
    return { ok: true, file: { path, bytes: plain?.bytes ?? receive.bytes(), ...named } };
  };

  return {
    find: (kind, jobId, part) => findResult(directory, kind, jobId, part),
    open: (jobId, part) => openKept(directory, jobId, part),
    list: () => jobsWithResults(directory),
    remove: (jobId) => removeResult(directory, jobId),
    removeUnfinished: async () => {
      if (processes?.isAlone === false) await removeUnfinished(directory, processes, clock.now());
    },
    download: async (source, kind, jobId, parent, part = 0) => {
      using signal = clock.deadline(limits.totalMs, parent);
      try {
        signal.throwIfAborted();
        return await store(source, kind, resultName(jobId, part), signal);
      } catch (error) {
        if (error instanceof RefusedResult) return { ok: false, failure: error.failure, retryable: error.retryable };
        if (signal.aborted && isTimeout(signal.reason)) return unavailable('not complete before the deadline');
        if (signal.aborted) throw signal.reason;
        const code = diskCode(error);
        if (code === undefined) throw error;
        diskError = new ResultDiskError(directory, code);
        watch.recordFailure(diskError);
        return { ...unavailable(`cannot be written to the disk: ${code}`), diskFull: true };
      }
    },
    diskError: () => diskError,
    [Symbol.asyncDispose]: async () => {
      watch[Symbol.dispose]();
      await guarded.destroy();
    },
  };
}

type Receive = ((chunk: Uint8Array) => void) & { bytes(): number };

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
  const receive = (chunk: Uint8Array): void => {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) throw tooLarge(limitBytes);
    file.write(chunk);
  };
  return Object.assign(receive, { bytes: () => bytes });
}

async function downloadUrl(url: string, receive: Receive, options: Download): Promise<void> {
  const { limitBytes, signal } = options;
  const response = await openResult(url, options);
  try {
    if (Number(response.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
    const body = paced(response.body, options);
    // The limit holds for what is kept; a small body may be unpacked to a thousand times its size.
    for await (const chunk of unpacked(body, response.headers['content-encoding'])) receive(chunk);
  } catch (error) {
    response.body.destroy();
    signal.throwIfAborted();
    throw error instanceof RefusedResult || diskCode(error) !== undefined ? error : refusedBy(error);
  }
}

/** The body as it comes; fails when it comes too slowly. */
async function* paced(body: AsyncIterable<Buffer>, { clock, limits }: Download): AsyncGenerator<Buffer> {
  const startedMonotonicMs = clock.monotonicMs();
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    yield chunk;
    const elapsedMs = clock.monotonicMs() - startedMonotonicMs;
    if (elapsedMs > graceMs && bytes < (limits.minBytesPerSecond * elapsedMs) / 1000) {
      throw new RefusedResult('result-unavailable', `slower than ${limits.minBytesPerSecond} bytes a second`, true);
    }
  }
}

function refusedFile({ kind, why }: Exclude<JudgedFile, { kind: 'good' }>): RefusedResult {
  if (kind === 'unusable') return new RefusedResult('result-unusable', why);
  return new RefusedResult('result-unavailable', why, kind === 'not-whole');
}

function tooLarge(limitBytes: number): RefusedResult {
  return new RefusedResult('result-too-large', `larger than ${limitBytes} bytes`);
}

function unavailable(detail: string): Extract<Downloaded, { ok: false }> {
  return { ok: false, failure: { blame: 'provider', reason: 'result-unavailable', detail }, retryable: true };
}
