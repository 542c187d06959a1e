import type { ApiMethod } from './methods/api-call.ts';
import { ApiError } from './api-error.ts';
import type { CallParams } from './call-params.ts';
import { chatMethods } from './methods/chat-methods.ts';
import { editMethods } from './methods/edit-methods.ts';
import type { FaultDeed, FaultPlan } from './faults.ts';
import { limits } from './limits.ts';
import { paymentMethods } from './methods/payment-methods.ts';
import { profileMethods } from './methods/profile-methods.ts';
import { sendMethods } from './methods/send-methods.ts';
import type { TelegramWorld } from './telegram-state.ts';
import { updateMethods } from './methods/update-methods.ts';

/** One call as it was asked and what became of it. */
export type RecordedCall = {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  /** Undefined while the call is being served; true when the work was done, even if its answer was cut off. */
  readonly ok?: boolean;
  readonly error?: { readonly code: number; readonly description: string };
  /** What Telegram put into `result`, when it did not refuse. */
  readonly result?: unknown;
  /** The connection was cut instead of an answer. */
  readonly cut?: boolean;
};

type OpenRecord = { -readonly [Field in keyof RecordedCall]: RecordedCall[Field] };

export type ApiReply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'cut' };

const methods: ReadonlyMap<string, { readonly name: string; readonly run: ApiMethod }> = new Map(
  Object.entries({
    ...updateMethods,
    ...profileMethods,
    ...sendMethods,
    ...editMethods,
    ...chatMethods,
    ...paymentMethods,
  }).map(([name, run]) => [name.toLowerCase(), { name, run }]),
);

const floodControlled = /^(?:send(?!ChatAction|MessageDraft)|editMessage)/;

/** Serves calls: records them, lets faults befall them, keeps the flood limits and runs the methods. */
export class ApiDesk {
  readonly calls: RecordedCall[] = [];
  readonly #world: TelegramWorld;
  readonly #faults: FaultPlan;
  readonly #closing: AbortSignal;

  constructor(options: { readonly world: TelegramWorld; readonly faults: FaultPlan; readonly closing: AbortSignal }) {
    this.#world = options.world;
    this.#faults = options.faults;
    this.#closing = options.closing;
  }

  async serve(methodName: string, params: CallParams, signal: AbortSignal): Promise<ApiReply> {
    const method = methods.get(methodName.toLowerCase());
    if (method === undefined) return refusal(new ApiError(404, 'Not Found'));
    const record: OpenRecord = { method: method.name, params: params.record(), atMs: this.#world.clock.now() };
    this.#keep(record);
    const chatId = params.has('chat_id') ? params.integer('chat_id') : undefined;
    const deed = this.#faults.pick(method.name, chatId);
    if (deed?.kind === 'cut-before') return cut(record);
    if (deed?.kind === 'slow') await this.#world.clock.sleep(deed.ms, this.#closing);
    const reply = await this.#answer(method.name, method.run, { params, signal, chatId, deed });
    const error = reply.error;
    record.ok = error === undefined;
    if (error === undefined) record.result = reply.result;
    else record.error = { code: error.code, description: error.message };
    if (deed?.kind === 'cut-after') return cut(record);
    return error === undefined
      ? { kind: 'answer', status: 200, body: { ok: true, result: reply.result } }
      : refusal(error);
  }

  async #answer(
    name: string,
    run: ApiMethod,
    ask: {
      readonly params: CallParams;
      readonly signal: AbortSignal;
      readonly chatId: number | undefined;
      readonly deed: FaultDeed | undefined;
    },
  ): Promise<{ readonly result?: unknown; readonly error?: ApiError }> {
    const world = this.#world;
    const { deed } = ask;
    const isFloodControlled = floodControlled.test(name) && ask.chatId !== undefined;
    const place = ask.chatId === undefined ? `method ${name}` : `chat ${ask.chatId}`;
    const rule = (ask.chatId ?? 0) < 0 ? limits.flood.group : limits.flood.private;
    try {
      if (deed?.kind === '429') throw world.flood.fault(place, deed.retryAfterS, world.clock.now());
      if (deed?.kind === 'refuse') throw new ApiError(deed.code, deed.says);
      if (deed?.kind === '5xx') throw new ApiError(deed.status, serverErrors[deed.status] ?? 'Internal Server Error');
      if (isFloodControlled) world.flood.check(place, rule, world.clock.now());
      else world.flood.checkRest(place, world.clock.now());
      const result: unknown = await run({ world, params: ask.params, signal: ask.signal });
      if (isFloodControlled) world.flood.note(place, Array.isArray(result) ? result.length : 1, world.clock.now());
      return { result };
    } catch (error) {
      if (error instanceof ApiError) return { error };
      return {
        error: new ApiError(500, `Internal Server Error: ${error instanceof Error ? error.message : 'unknown'}`),
      };
    }
  }

  #keep(record: RecordedCall): void {
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

/** The answer that carries an error. */
export function refusal(error: ApiError): ApiReply {
  const { code, message: description, parameters } = error;
  const body = { ok: false, error_code: code, description, ...(parameters === undefined ? {} : { parameters }) };
  return { kind: 'answer', status: code, body };
}
