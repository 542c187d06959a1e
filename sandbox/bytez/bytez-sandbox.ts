import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../src/kit/clock.ts';
import { systemRandom, type Random } from '../../src/kit/backoff.ts';
import { AccountService } from './account-service.ts';
import { failure, type HttpOutcome } from './responses.ts';
import { defaultDialect, type BytezDialect, BytezService, isRun } from './bytez-service.ts';
import type { BytezFault } from './bytez-fault.ts';
import { CallLog, type BytezCall } from './call-log.ts';
import { checkAccounts, type SandboxAccount } from './faults-file.ts';
import { MediaStore } from './media-store.ts';
import { knownModels, type SandboxModel } from './model-catalog.ts';
import { drawingPainter, type Painter } from './run-model.ts';
import { leaksKey, keyFromHeader, readBody, matchRoute } from './request.ts';
import { sendOutcome } from './send-response.ts';

export type BytezSandboxOptions = {
  /** A free port when 0 or absent. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly clock: Clock;
  readonly random?: Random | undefined;
  readonly accounts: readonly SandboxAccount[];
  /** The duration of a run. */
  readonly latencyMs?: number | undefined;
  readonly media?: { readonly latencyMs?: number | undefined } | undefined;
  /** Models in addition to the known ones. */
  readonly models?: readonly SandboxModel[] | undefined;
  readonly catalog?: 'full' | 'empty' | undefined;
  readonly dialect?: Partial<BytezDialect> | undefined;
  /** How long a run that the client abandoned keeps its seat. */
  readonly abandonedSeatMs?: number | undefined;
  /** Draws real pictures and videos when absent. */
  readonly painter?: Painter | undefined;
};

/** A running stand-in for the Bytez API and its media host. */
export type BytezSandbox = AsyncDisposable & {
  /** The base URL of the API; ends in `/models/v2`. */
  readonly baseUrl: string;
  /** `host:port` of the media host, for MEDIA_ALLOW_PRIVATE_HOSTS. */
  readonly mediaHost: string;
  /** The requests in the order of arrival; an entry changes until its call has ended. */
  readonly calls: readonly BytezCall[];
  maxInFlight(accountName: string): number;
  /** Replaces the faults of the account; their counts start from zero. */
  setFaults(accountName: string, faults: readonly BytezFault[]): void;
  /** `empty`: every model is unknown, although every key is accepted. */
  setCatalog(catalog: 'full' | 'empty'): void;
  /** While down, every route of the API returns a gateway page with 503; the media host stays up. */
  setDown(isDown: boolean): void;
  /** Keeps runs from ending until every hold is released. */
  hold(): { release(): void };
  /** Calls the listener when a call begins, was parsed, ends or is abandoned; dispose to stop. */
  onChange(listener: () => void): Disposable;
};

/** Starts the stand-in; it listens when the promise resolves. Throws when two accounts share a name or key. */
export async function startBytezSandbox(options: BytezSandboxOptions): Promise<BytezSandbox> {
  const { clock, random = systemRandom, host = '127.0.0.1' } = options;
  const dialect = { ...defaultDialect, ...options.dialect };
  const accounts = checkAccounts(options.accounts);
  const accountsByKey = new Map(accounts.map((account) => [account.key, new AccountService(account, clock, random)]));
  const callLog = new CallLog(clock);
  const closing = new AbortController();
  let mediaHost = '';
  const service = new BytezService({
    clock,
    dialect,
    models: [...(options.models ?? []), ...knownModels],
    latencyMs: options.latencyMs ?? 0,
    mediaLatencyMs: options.media?.latencyMs ?? 0,
    abandonedSeatMs: options.abandonedSeatMs ?? 0,
    runtime: {
      painter: options.painter ?? drawingPainter,
      mediaStore: new MediaStore(random),
      random,
      mediaRoot: () => `http://${mediaHost}`,
    },
  });
  service.catalog = options.catalog ?? 'full';

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox');
    const match = matchRoute(request.method ?? 'GET', pathname);
    const key = keyFromHeader(request.headers.authorization, dialect.bearerOnNative || match.isOpenAi);
    const account = match.route === 'media' || key === undefined ? undefined : accountsByKey.get(key);
    const call = callLog.begin({
      route: match.route,
      leakedKey: match.route === 'media' && leaksKey(request, [...accountsByKey.keys()]),
      ...(match.model === undefined ? {} : { model: match.model }),
      ...(account === undefined ? {} : { account: account.name }),
    });
    const clientGone = new AbortController();
    const signal = AbortSignal.any([clientGone.signal, closing.signal]);
    let cutByUs = false;
    response.on('close', () => {
      clientGone.abort(new Error('The client has gone'));
      if (!response.writableFinished && !cutByUs) callLog.abandon(call);
    });
    if (isRun(match)) account?.callStarted();
    let outcome: HttpOutcome | undefined;
    try {
      const body = await readBody(request);
      const asked = {
        match,
        path: pathname,
        query: searchParams,
        body: body ?? '',
        account,
        call,
        signal,
        onParsed: () => callLog.notify(),
      };
      outcome = body === undefined ? failure(413, 'Request body too large') : await service.handle(asked);
    } catch (error) {
      if (!signal.aborted) outcome = failure(500, error instanceof Error ? error.message : String(error));
    } finally {
      if (isRun(match)) account?.callEnded();
    }
    // A client may send its next request once it has read this response, so the call ends before the response is sent.
    callLog.end(call, statusOf(outcome));
    cutByUs = outcome?.kind === 'cut' || outcome?.kind === 'truncated';
    if (outcome !== undefined) await sendOutcome(response, outcome, dialect.jsonContentType, signal);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Cannot read the port of the Bytez sandbox');
  mediaHost = `${host.includes(':') ? `[${host}]` : host}:${address.port}`;

  const accountNamed = (name: string): AccountService => {
    for (const account of accountsByKey.values()) if (account.name === name) return account;
    throw new Error(
      `Cannot find the Bytez sandbox account "${name}"; known are ${accounts.map((account) => account.name).join(', ')}`,
    );
  };
  return {
    baseUrl: `http://${mediaHost}/models/v2`,
    mediaHost,
    calls: callLog.calls,
    maxInFlight: (name) => accountNamed(name).maxInFlight,
    setFaults: (name, faults) => accountNamed(name).setFaults(faults),
    setCatalog: (catalog) => void (service.catalog = catalog),
    setDown: (isDown) => void (service.isDown = isDown),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      service.holdUntil(promise);
      return { release: resolve };
    },
    onChange: (listener) => callLog.onChange(listener),
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error('The sandbox closes'));
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function statusOf(outcome: HttpOutcome | undefined): number | undefined {
  if (outcome === undefined || outcome.kind === 'cut') return undefined;
  return outcome.kind === 'reply' ? outcome.status : outcome.reply.status;
}
