import { join } from 'node:path';
import { pino } from 'pino';
import { Agent, request } from 'undici';
import type { JobEngine, Claim } from '../src/domain/job-engine.ts';
import { perKind } from '../src/domain/kinds.ts';
import type { Provider } from '../src/domain/provider.ts';
import type { ProviderName } from '../src/domain/ids.ts';
import { runAttempts } from '../src/jobs/attempt-loop.ts';
import { createBreakers } from '../src/jobs/circuit-breaker/breakers.ts';
import { ModelCooldowns } from '../src/jobs/circuit-breaker/model-cooldowns.ts';
import { emptyMemory } from '../src/jobs/job-progress.ts';
import { type CallJournal, createCallJournal } from '../src/jobs/running-jobs.ts';
import { UnrecognizedFailures } from '../src/jobs/judgement.ts';
import type { KeyPool } from '../src/keys/pool/key-pool.ts';
import { systemClock as clock } from '../src/kit/clock.ts';
import { systemRandom as random } from '../src/kit/backoff.ts';
import { Secret } from '../src/kit/secret.ts';
import { EventLog } from '../src/observability/event-log.ts';
import { createRedactor } from '../src/observability/redaction/redactor.ts';
import { type HttpReply, createHttpClient } from '../src/providers/http/http-exchange.ts';
import { modelTraits } from '../src/providers/registry.ts';
import { anyNumberWaiting, benchRequest, line } from './bench-jobs.ts';
import { benchSecrets, openBenchCore } from './open-bench-core.ts';

const model = 'bench-model';
const bodyLimitBytes = 1_000_000;
const headers = { 'content-type': 'application/json' };
const utf8 = new TextDecoder();

export type CallPathsOptions = {
  /** Where the log and the database are. */
  readonly dir: string;
  readonly url: string;
  readonly keys: number;
  readonly seatsPerKey: number;
  /** The most calls under way at once; so many sockets and jobs there are. */
  readonly atOnce: number;
};

/** One and the same POST, as it is and behind the whole pool. */
export type CallPaths = AsyncDisposable & {
  /** `undici.request`, its body read and parsed. */
  bare(signal?: AbortSignal): Promise<void>;
  /** The same over Darkroom's HTTP client, its body collected and parsed. */
  client(): Promise<void>;
  /** That as one job's turn: a seat chosen, log lines, the call, its seat given back, its key remembered. */
  pooled(): Promise<void>;
  /** As `pooled`, but for the call: what Darkroom adds. */
  dry(): Promise<void>;
  /** As `pooled`, and the call is written to the database, durably, before it is made. */
  journaled(): Promise<void>;
};

/** The real keys, their store on disk, attempt loop and log around a provider that does nothing but the POST. */
export async function openCallPaths(options: CallPathsOptions): Promise<CallPaths> {
  const { dir, url, keys, seatsPerKey, atOnce } = options;
  await using opening = new AsyncDisposableStack();
  const agent = new Agent({ connections: atOnce, pipelining: 1 });
  opening.defer(() => agent.close());
  const http = createHttpClient({ agent });
  opening.use(http);
  const askOf = (key: string, prompt: string) => ({
    method: 'POST' as const,
    headers: { ...headers, authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, prompt }),
  });
  const post = (key: string, prompt: string, signal: AbortSignal) =>
    http.call({ ...askOf(key, prompt), url, signal, bodyLimitBytes });
  const provider: Provider = {
    name: line,
    probe: async () => ({ ok: true }),
    generate: async ({ prompt }, secret, signal) => {
      return { ok: true, source: { kind: 'url', url: read(await post(secret.reveal(), prompt, signal)) } };
    },
  };
  const answering: Provider = {
    ...provider,
    generate: async () => ({ ok: true, source: { kind: 'url', url: 'https://cdn.example/picture.png' } }),
  };
  const secrets = benchSecrets(keys);
  const redactor = createRedactor(secrets.map((secret) => new Secret(secret)));
  const destination = pino.destination({ dest: join(dir, 'app.log'), sync: true });
  const log = opening.use(new EventLog({ level: 'info', redactor, clock, destination }));
  const providers = new Map<ProviderName, Provider>([[line, provider]]);
  const databasePath = join(dir, 'darkroom.db');
  const core = opening.use(
    await openBenchCore({ secrets, seatsPerKey, providers: () => providers, emit: log.emit, databasePath }),
  );
  const { pool } = core;
  const { engine } = core.storage;
  const { emit } = core.events;
  const chain = [{ provider: line, model }] as const;
  const chains = perKind(() => chain);
  const modelCooldowns = new ModelCooldowns(clock, emit);
  const tools = {
    pool,
    models: modelTraits,
    providers,
    chains,
    clock,
    random,
    emit,
    rules: { maxAttempts: 3, delayMs: 2_000 },
    timeoutMs: perKind(() => 90_000),
    deadlineMs: perKind(() => 24 * 3_600_000),
    modelCooldowns,
    unrecognized: new UnrecognizedFailures(emit),
    breakers: createBreakers({ chains, pool, modelCooldowns, clock, random, emit }),
    onAttempt: () => undefined,
    onFailure: () => undefined,
  };
  const claims = await claimJobs(engine, atOnce);
  const dryTools = { ...tools, providers: new Map<ProviderName, Provider>([[line, answering]]) };
  const turn = async (notesFor: (claim: Claim) => CallJournal, given = tools) => {
    const claim = claims.pop();
    if (claim === undefined) throw new Error(`Cannot measure: more than ${atOnce} calls at once`);
    const { signal } = new AbortController();
    const journal = notesFor(claim);
    let ending = await runAttempts(claim.job, undefined, signal, { ...given, memory: emptyMemory(), journal });
    while (ending.kind === 'parked' && ending.reason === 'keys-busy') {
      await nextSeat(pool);
      ending = await runAttempts(claim.job, undefined, signal, { ...given, memory: emptyMemory(), journal });
    }
    claims.push(claim);
    if (ending.kind !== 'answered') throw new Error(`Cannot measure: the job was ${ending.kind}`);
    return { ending, journal };
  };
  const opened = opening.move();
  return {
    bare: async (signal) => {
      const ask = askOf('bench-key-number-1', benchRequest(1, 1).prompt);
      const options = { ...ask, dispatcher: agent };
      const response = await request(url, signal === undefined ? options : { ...options, signal });
      pictureIn(await response.body.json());
    },
    client: async () => {
      read(await post('bench-key-number-1', benchRequest(1, 1).prompt, new AbortController().signal));
    },
    pooled: async () => {
      await turn(() => noJournal);
    },
    dry: async () => {
      await turn(() => noJournal, dryTools);
    },
    journaled: async () => {
      const { ending, journal } = await turn((claim) => createCallJournal(engine.queue, claim.lease));
      journal.ended(ending.trail);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function read(reply: HttpReply): string {
  if (reply.kind !== 'answer') throw new Error(`Cannot measure: the call came to "${reply.kind}"`);
  return pictureIn(JSON.parse(utf8.decode(reply.body)));
}

function pictureIn(answer: unknown): string {
  const { data } = answer as { readonly data: readonly { readonly b64_json: string }[] };
  const picture = data[0];
  if (picture === undefined) throw new Error('Cannot measure: the server answered without a picture');
  return picture.b64_json;
}

/** What a line does for a job that found every key busy. */
async function nextSeat(pool: KeyPool): Promise<void> {
  await new Promise<void>((resolve) => {
    const listening = pool.onSeat(() => {
      listening[Symbol.dispose]();
      resolve();
    });
  });
}

/** Keeps nothing beyond the moment. */
const noJournal: CallJournal = {
  sent: async () => true,
  answered: async () => true,
  submitted: async () => true,
  ended: () => undefined,
  checkpoint: () => undefined,
};

async function claimJobs(engine: JobEngine, count: number): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (let number = 1; number <= count; number += 1) {
    await engine.queue.accept(benchRequest(number, number), anyNumberWaiting);
    const claim = await engine.queue.claim(line);
    if (claim === undefined) throw new Error(`Cannot claim job ${number}: nothing may start`);
    claims.push(claim);
  }
  return claims;
}
