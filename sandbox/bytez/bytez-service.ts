import {
  type JsonContentType,
  failure,
  html,
  json,
  noModel,
  noModelMessage,
  tooManyRuns,
  unauthorized,
  type HttpOutcome,
  type Reply,
} from './responses.ts';
import type { Clock } from '../../src/kit/clock.ts';
import type { AccountService } from './account-service.ts';
import type { OpenCall } from './call-log.ts';
import { completeChat, completeResponse } from './openai.ts';
import { runFailureResponse, gatewayResponse } from './fault-responses.ts';
import type { FaultDecision } from './fault-plan.ts';
import { catalogEntry, type SandboxModel } from './model-catalog.ts';
import type { RouteMatch } from './request.ts';
import { recordModelRequest, parseModelRequest, type ModelRequest } from './model-request.ts';
import { runModel, type ModelRuntime } from './run-model.ts';

/** Details of the real service that are not known for certain, as switches. */
export type BytezDialect = {
  readonly jsonContentType: JsonContentType;
  /** Sends `ratelimit-*` and `inference-*` headers with the responses of runs. */
  readonly meterHeaders: boolean;
  /** Whether `Authorization: Bearer` is accepted outside the OpenAI-compatible routes. */
  readonly bearerOnNative: boolean;
  /** Returns 500 for `list/models` without `modelId`. */
  readonly listNeedsModelId: boolean;
};

export const defaultDialect: BytezDialect = {
  jsonContentType: 'application/json; charset=utf-8',
  meterHeaders: false,
  bearerOnNative: true,
  listNeedsModelId: false,
};

export type RoutedRequest = {
  readonly match: RouteMatch;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly account: AccountService | undefined;
  readonly call: OpenCall;
  readonly signal: AbortSignal;
  /** Called once the call record holds what was asked for. */
  readonly onParsed: () => void;
};

type ModelRequestOf<Kind extends ModelRequest['kind']> = Extract<ModelRequest, { kind: Kind }>;

export type ServiceOptions = {
  readonly clock: Clock;
  readonly models: readonly SandboxModel[];
  readonly runtime: ModelRuntime;
  readonly dialect: BytezDialect;
  readonly latencyMs: number;
  readonly mediaLatencyMs: number;
  readonly abandonedSeatMs: number;
};

/** The Bytez API without the HTTP server: one request in, one outcome out. */
export class BytezService {
  catalog: 'full' | 'empty' = 'full';
  isDown = false;
  readonly #options: ServiceOptions;
  readonly #holds = new Set<Promise<void>>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Keeps runs from ending until the promise resolves. */
  holdUntil(released: Promise<void>): void {
    this.#holds.add(released);
    void released.then(() => this.#holds.delete(released));
  }

  /** Handles one request; rejects with the reason of the signal when the client closes the connection. */
  async handle(request: RoutedRequest): Promise<HttpOutcome> {
    const { match, call, account, signal } = request;
    if (match.route === 'media') {
      await this.#delay(this.#options.mediaLatencyMs, signal);
      return this.#options.runtime.mediaStore.take(request.path);
    }
    const modelRequest = parseModelRequest(match, request.body);
    if (modelRequest !== undefined) {
      recordModelRequest(call, modelRequest);
      request.onParsed();
    }
    if (this.isDown) return html(503, 'Service Temporarily Unavailable');
    if (account === undefined) return unauthorized;
    const isList = match.route === 'tasks' || match.route === 'models';
    const faultRoute = isList ? 'list' : modelRequest === undefined ? 'other' : 'run';
    const fault = account.plan.next(faultRoute, call.model, this.#options.clock.now(), call.prompt);
    if (fault.effect !== undefined) call.fault = fault.effect.kind;
    const refusal = gatewayResponse(fault.effect, account.seats);
    if (refusal !== undefined) return refusal;
    if (isList) return this.#withFault(fault, false, signal, async () => this.#list(request));
    if (match.route === 'request') return json({ error: null, output: 'Job queued' });
    if (modelRequest === undefined)
      return match.isOpenAi ? json({ error: 'Not found' }, 404) : failure(404, 'Not found');
    return modelRequest.kind === 'run'
      ? this.#run(modelRequest, request, account, fault)
      : this.#chat(modelRequest, request, account, fault);
  }

  async #run(
    modelRequest: ModelRequestOf<'run'>,
    { signal }: RoutedRequest,
    account: AccountService,
    fault: FaultDecision,
  ): Promise<HttpOutcome> {
    const { model: name, parsed } = modelRequest;
    const model = this.#modelNamed(name);
    if (model === undefined) return noModel;
    if (!parsed.ok) return failure(400, parsed.error);
    return this.#withSeat(account, fault, signal, () =>
      runModel(model, parsed.value, fault.effect, this.#options.runtime),
    );
  }

  async #chat(
    modelRequest: ModelRequestOf<'chat'>,
    request: RoutedRequest,
    account: AccountService,
    fault: FaultDecision,
  ): Promise<HttpOutcome> {
    const { parsed } = modelRequest;
    if (!parsed.ok) return json({ error: parsed.error }, 400);
    if (this.#modelNamed(parsed.value.model) === undefined) return json({ error: noModelMessage }, 404);
    const nowMs = this.#options.clock.now();
    return this.#withSeat(account, fault, request.signal, async () => {
      if (request.path.endsWith('/responses')) return completeResponse(parsed.value, nowMs);
      return completeChat(parsed.value, nowMs, request.path.endsWith('/chat/completions') ? 'chat' : 'text');
    });
  }

  async #withSeat(
    account: AccountService,
    fault: FaultDecision,
    signal: AbortSignal,
    task: () => Promise<HttpOutcome>,
  ): Promise<HttpOutcome> {
    if (!account.acquireSeat()) return tooManyRuns(account.seats);
    try {
      return this.#withMeterHeaders(await this.#withFault(fault, true, signal, task), account);
    } finally {
      account.releaseSeat(signal.aborted ? this.#options.abandonedSeatMs : 0);
    }
  }

  /** Latency and holds run in parallel to the work, because the work takes real time too. */
  async #withFault(
    { slowMs, effect }: FaultDecision,
    isRun: boolean,
    signal: AbortSignal,
    task: () => Promise<HttpOutcome>,
  ): Promise<HttpOutcome> {
    if (effect?.kind === 'hang') await untilAborted(signal);
    const early = runFailureResponse(effect);
    const [outcome] = await Promise.all([
      early ?? task(),
      this.#delay(slowMs + (isRun ? this.#options.latencyMs : 0), signal).then(() =>
        isRun ? this.#untilReleased(signal) : undefined,
      ),
    ]);
    signal.throwIfAborted();
    return effect?.kind === 'truncated' && outcome.kind === 'reply' ? { kind: 'truncated', reply: outcome } : outcome;
  }

  async #delay(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#options.clock.sleep(ms, signal);
  }

  async #untilReleased(signal: AbortSignal): Promise<void> {
    while (this.#holds.size > 0) await Promise.race([Promise.all(this.#holds), untilAborted(signal)]);
  }

  #modelNamed(name: string): SandboxModel | undefined {
    return this.catalog === 'empty' ? undefined : this.#options.models.find((model) => model.modelId === name);
  }

  #list({ match, query }: RoutedRequest): Reply {
    const all = this.catalog === 'empty' ? [] : this.#options.models;
    if (match.route === 'tasks') {
      return json({ error: null, output: [...new Set(this.#options.models.map((model) => model.task))].sort() });
    }
    if (match.isOpenAi) {
      return json({
        object: 'list',
        data: all.map(({ modelId }) => ({ id: modelId, object: 'model', owned_by: 'bytez' })),
      });
    }
    const [task, modelId] = [query.get('task'), query.get('modelId')];
    if (this.#options.dialect.listNeedsModelId && modelId === null) {
      return json({ error: 'Expected parameter(s): modelId' }, 500);
    }
    const found = all.filter(
      (model) => (task === null || model.task === task) && (modelId === null || model.modelId === modelId),
    );
    return json({ error: null, output: found.map(catalogEntry) });
  }

  #withMeterHeaders(outcome: HttpOutcome, account: AccountService): HttpOutcome {
    if (!this.#options.dialect.meterHeaders || outcome.kind !== 'reply') return outcome;
    const meters = {
      'ratelimit-limit': String(account.seats),
      'ratelimit-remaining': '0',
      'ratelimit-reset': '1',
      'inference-meter': 'sm-free',
      'inference-time': String(Math.max(1, this.#options.latencyMs) / 1000),
    };
    return { ...outcome, headers: { ...meters, ...outcome.headers } };
  }
}

/** True for the routes that occupy a seat. */
export function isRun({ route }: Pick<RouteMatch, 'route'>): boolean {
  return route === 'run' || route === 'chat';
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const leave = () => reject(signal.reason as Error);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}
