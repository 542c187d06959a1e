import type { ApiMethod } from './methods/api-call.ts';
import { ApiError } from './api-error.ts';
import type { CallParams } from './call-params.ts';
import { chatMethods } from './methods/chat-methods.ts';
import { editMethods } from './methods/edit-methods.ts';
import type { FaultEffect, FaultPlan } from './faults.ts';
import { limits } from './limits.ts';
import { inlineMethods } from './methods/inline-methods.ts';
import { paymentMethods } from './methods/payment-methods.ts';
import { profileMethods } from './methods/profile-methods.ts';
import { sendMethods } from './methods/send-methods.ts';
import type { TelegramState } from './telegram-state.ts';
import { updateMethods } from './methods/update-methods.ts';

/** One call of the bot, and how it ended. */
export type RecordedCall = {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  /** Undefined while the call runs. True when the method was carried out, even if the response was cut off. */
  readonly ok?: boolean;
  readonly error?: { readonly code: number; readonly description: string };
  /** The `result` of the response; absent when the call was refused. */
  readonly result?: unknown;
  /** True when the connection was cut instead of a response. */
  readonly cut?: boolean;
};

type OpenRecord = { -readonly [Field in keyof RecordedCall]: RecordedCall[Field] };

export type ApiReply =
  | { readonly kind: 'response'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'page'; readonly status: number }
  | { readonly kind: 'cut' };

const methods: ReadonlyMap<string, { readonly name: string; readonly run: ApiMethod }> = new Map(
  Object.entries({
    ...updateMethods,
    ...profileMethods,
    ...sendMethods,
    ...editMethods,
    ...chatMethods,
    ...paymentMethods,
    ...inlineMethods,
  }).map(([name, run]) => [name.toLowerCase(), { name, run }]),
);

const floodControlled = /^(?:send(?!ChatAction|MessageDraft)|editMessage)/;

/**
 * Runs the methods of the Bot API: records each call, applies faults and flood limits, and turns errors into refusals.
 */
export class ApiService {
  readonly calls: RecordedCall[] = [];
  readonly #state: TelegramState;
  readonly #faults: FaultPlan;
  readonly #closing: AbortSignal;

  constructor(options: { readonly state: TelegramState; readonly faults: FaultPlan; readonly closing: AbortSignal }) {
    this.#state = options.state;
    this.#faults = options.faults;
    this.#closing = options.closing;
  }

  /** Runs one call. An unknown method gives 404; every refusal comes back as a response, never as an exception. */
  async serve(methodName: string, params: CallParams, signal: AbortSignal): Promise<ApiReply> {
    const method = methods.get(methodName.toLowerCase());
    if (method === undefined) return refusal(new ApiError(404, 'Not Found'));
    const record: OpenRecord = { method: method.name, params: params.record(), atMs: this.#state.clock.now() };
    this.#record(record);
    const chatId = params.has('chat_id') ? params.integer('chat_id') : undefined;
    const effect = this.#faults.pick(method.name, chatId);
    if (effect?.kind === 'cut-before') return cut(record);
    if (effect?.kind === 'page') {
      record.ok = false;
      return effect;
    }
    if (effect?.kind === 'slow') await this.#state.clock.sleep(effect.ms, this.#closing);
    const reply = await this.#run(method.name, method.run, { params, signal, chatId, effect });
    const error = reply.error;
    record.ok = error === undefined;
    if (error === undefined) record.result = reply.result;
    else record.error = { code: error.code, description: error.message };
    if (effect?.kind === 'cut-after') return cut(record);
    return error === undefined
      ? { kind: 'response', status: 200, body: { ok: true, result: reply.result } }
      : refusal(error);
  }

  async #run(
    name: string,
    run: ApiMethod,
    request: {
      readonly params: CallParams;
      readonly signal: AbortSignal;
      readonly chatId: number | undefined;
      readonly effect: FaultEffect | undefined;
    },
  ): Promise<{ readonly result?: unknown; readonly error?: ApiError }> {
    const state = this.#state;
    const { effect } = request;
    const isFloodControlled = floodControlled.test(name) && request.chatId !== undefined;
    const bucket = request.chatId === undefined ? `method ${name}` : `chat ${request.chatId}`;
    const rule = (request.chatId ?? 0) < 0 ? limits.flood.group : limits.flood.private;
    try {
      if (effect?.kind === '429') throw state.flood.fault(bucket, effect.retryAfterS, state.clock.now());
      if (effect?.kind === 'refuse') throw new ApiError(effect.code, effect.says);
      if (effect?.kind === '5xx')
        throw new ApiError(effect.status, serverErrors[effect.status] ?? 'Internal Server Error');
      if (isFloodControlled) state.flood.check(bucket, rule, state.clock.now());
      else state.flood.checkPenalty(bucket, state.clock.now());
      const result: unknown = await run({ state, params: request.params, signal: request.signal });
      if (isFloodControlled)
        state.flood.recordSends(bucket, Array.isArray(result) ? result.length : 1, state.clock.now());
      return { result };
    } catch (error) {
      if (error instanceof ApiError) return { error };
      return {
        error: new ApiError(500, `Internal Server Error: ${error instanceof Error ? error.message : 'unknown'}`),
      };
    }
  }

  #record(record: RecordedCall): void {
    this.calls.push(record);
    if (this.calls.length > limits.recordedCalls) this.calls.shift();
  }
}

const serverErrors: Readonly<Record<number, string>> = {
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

function cut(record: OpenRecord): ApiReply {
  record.cut = true;
  record.ok ??= false;
  return { kind: 'cut' };
}

/** The response of a refused call. */
export function refusal(error: ApiError): ApiReply {
  const { code, message: description, parameters } = error;
  const body = { ok: false, error_code: code, description, ...(parameters === undefined ? {} : { parameters }) };
  return { kind: 'response', status: code, body };
}
