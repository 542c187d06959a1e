import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../kit/clock.ts';
import { systemRandom, type Random } from '../../kit/random.ts';
import { AccountDesk } from './account-desk.ts';
import { failure, type Answer } from './responses.ts';
import { usualDialect, type BytezDialect, BytezService, isRun } from './bytez-service.ts';
import type { BytezFault } from './bytez-fault.ts';
import { CallBook, type BytezCall } from './call-book.ts';
import { checkAccounts, type SandboxAccount } from './faults-file.ts';
import { MediaShelf } from './media-store.ts';
import { knownModels, type SandboxModel } from './model-catalog.ts';
import { drawingPainter, type Painter } from './run-model.ts';
import { bearsKey, keyIn, readBody, routeOf } from './request.ts';
import { sendAnswer } from './send-response.ts';

export type BytezSandboxOptions = {
  /** 0, or absent, takes a free one. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly clock: Clock;
  readonly random?: Random | undefined;
  readonly accounts: readonly SandboxAccount[];
  /** How long a run takes. */
  readonly latencyMs?: number | undefined;
  readonly media?: { readonly latencyMs?: number | undefined } | undefined;
  /** Models besides the known ones. */
  readonly models?: readonly SandboxModel[] | undefined;
  readonly catalog?: 'full' | 'empty' | undefined;
  readonly dialect?: Partial<BytezDialect> | undefined;
  /** How long an abandoned run still holds its seat. */
  readonly abandonedSeatMs?: number | undefined;
  /** Draws real pictures and videos when absent. */
  readonly painter?: Painter | undefined;
};

/** A running stand-in for the Bytez API and its media host. */
export type BytezSandbox = AsyncDisposable & {
  /** Ends in `/models/v2`. */
  readonly baseUrl: string;
  /** `host:port` of the results, for MEDIA_ALLOW_PRIVATE_HOSTS. */
  readonly mediaHost: string;
  /** Every request in order of its arrival; entries change as calls end. */
  readonly calls: readonly BytezCall[];
  maxInFlight(accountName: string): number;
  /** Replaces the account's faults and starts their counts anew. */
  setFaults(accountName: string, faults: readonly BytezFault[]): void;
  /** `empty`: no model exists for anyone, though every key is accepted. */
  setCatalog(catalog: 'full' | 'empty'): void;
  /** Down: a gateway page with 503 on every route of the API; the media host stays up. */
  setDown(isDown: boolean): void;
  /** Runs hang from here until all holds are released. */
  hold(): { release(): void };
  /** Hears of each call that begins, is read, ends or is abandoned; dispose to stop. */
  onChange(listener: () => void): Disposable;
};

export async function startBytezSandbox(options: BytezSandboxOptions): Promise<BytezSandbox> {
  const { clock, random = systemRandom, host = '127.0.0.1' } = options;
  const dialect = { ...usualDialect, ...options.dialect };
  const accounts = checkAccounts(options.accounts);
  const desks = new Map(accounts.map((account) => [account.key, new AccountDesk(account, clock, random)]));
  const book = new CallBook(clock);
  const closing = new AbortController();
  let mediaHost = '';
  const service = new BytezService({
    clock,
    dialect,
    models: [...(options.models ?? []), ...knownModels],
    latencyMs: options.latencyMs ?? 0,
    mediaLatencyMs: options.media?.latencyMs ?? 0,
    abandonedSeatMs: options.abandonedSeatMs ?? 0,
    workshop: {
      painter: options.painter ?? drawingPainter,
      shelf: new MediaShelf(random),
      random,
      mediaRoot: () => `http://${mediaHost}`,
    },
  });
  service.catalog = options.catalog ?? 'full';

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox');
    const routed = routeOf(request.method ?? 'GET', pathname);
    const key = keyIn(request.headers.authorization, dialect.bearerOnNative || routed.isOpenAi);
    const desk = routed.route === 'media' || key === undefined ? undefined : desks.get(key);
    const call = book.begin({
      route: routed.route,
      leakedKey: routed.route === 'media' && bearsKey(request, [...desks.keys()]),
      ...(routed.model === undefined ? {} : { model: routed.model }),
      ...(desk === undefined ? {} : { account: desk.name }),
    });
    const leaving = new AbortController();
    const signal = AbortSignal.any([leaving.signal, closing.signal]);
    let cutByUs = false;
    response.on('close', () => {
      leaving.abort(new Error('The client has gone'));
      if (!response.writableFinished && !cutByUs) book.abandon(call);
    });
    if (isRun(routed)) desk?.enter();
    let answer: Answer | undefined;
    try {
      const body = await readBody(request);
      const asked = {
        routed,
        path: pathname,
        query: searchParams,
        body: body ?? '',
        desk,
        call,
        signal,
        noted: () => book.changed(),
      };
      answer = body === undefined ? failure(413, 'Request body too large') : await service.answer(asked);
    } catch (error) {
      if (!signal.aborted) answer = failure(500, error instanceof Error ? error.message : String(error));
    } finally {
      if (isRun(routed)) desk?.leave();
    }
    // A client may ask again as soon as it has read this answer, so the call ends before the answer is sent.
    book.end(call, statusOf(answer));
    cutByUs = answer?.kind === 'cut' || answer?.kind === 'truncated';
    if (answer !== undefined) await sendAnswer(response, answer, dialect.jsonContentType, signal);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Cannot read the port of the Bytez sandbox');
  mediaHost = `${host.includes(':') ? `[${host}]` : host}:${address.port}`;

  const deskNamed = (name: string): AccountDesk => {
    for (const desk of desks.values()) if (desk.name === name) return desk;
    throw new Error(
      `Cannot find the Bytez sandbox account "${name}"; known are ${accounts.map((account) => account.name).join(', ')}`,
    );
  };
  return {
    baseUrl: `http://${mediaHost}/models/v2`,
    mediaHost,
    calls: book.calls,
    maxInFlight: (name) => deskNamed(name).maxInFlight,
    setFaults: (name, faults) => deskNamed(name).setFaults(faults),
    setCatalog: (catalog) => void (service.catalog = catalog),
    setDown: (isDown) => void (service.isDown = isDown),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      service.holdUntil(promise);
      return { release: resolve };
    },
    onChange: (listener) => book.onChange(listener),
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error('The sandbox closes'));
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function statusOf(answer: Answer | undefined): number | undefined {
  if (answer === undefined || answer.kind === 'cut') return undefined;
  return answer.kind === 'reply' ? answer.status : answer.reply.status;
}
