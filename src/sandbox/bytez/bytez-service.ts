import {
  type JsonContentType,
  failure,
  html,
  json,
  noModel,
  noModelWords,
  tooManyRuns,
  unauthorized,
  type Answer,
  type Reply,
} from './responses.ts';
import type { Clock } from '../../kit/clock.ts';
import type { AccountDesk } from './account-desk.ts';
import type { OpenCall } from './call-book.ts';
import { completeChat, completeResponse } from './openai.ts';
import { answerAfterTheRun, answerAtTheDoor } from './fault-responses.ts';
import type { Mischance } from './fault-plan.ts';
import { listed, type SandboxModel } from './model-catalog.ts';
import type { Routed } from './request.ts';
import { noteOrder, readOrder, type Order } from './model-request.ts';
import { work, type Workshop } from './run-model.ts';

/** What is not known for certain of the real service, as switches. */
export type BytezDialect = {
  readonly jsonContentType: JsonContentType;
  /** `ratelimit-*` and `inference-*` on the answers of runs. */
  readonly meterHeaders: boolean;
  /** Whether `Authorization: Bearer` is accepted outside the OpenAI-compatible routes. */
  readonly bearerOnNative: boolean;
  /** `list/models` without `modelId` answers 500. */
  readonly listNeedsModelId: boolean;
};

export const usualDialect: BytezDialect = {
  jsonContentType: 'application/json; charset=utf-8',
  meterHeaders: false,
  bearerOnNative: true,
  listNeedsModelId: false,
};

export type Asked = {
  readonly routed: Routed;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly desk: AccountDesk | undefined;
  readonly call: OpenCall;
  readonly signal: AbortSignal;
  /** Called once what is asked for has been written on the call. */
  readonly noted: () => void;
};

type OrderOf<Kind extends Order['kind']> = Extract<Order, { kind: Kind }>;

export type ServiceOptions = {
  readonly clock: Clock;
  readonly models: readonly SandboxModel[];
  readonly workshop: Workshop;
  readonly dialect: BytezDialect;
  readonly latencyMs: number;
  readonly mediaLatencyMs: number;
  readonly abandonedSeatMs: number;
};

/** Bytez without the wire: one question in, one answer out; throws the signal's reason when the client goes away. */
export class BytezService {
  catalog: 'full' | 'empty' = 'full';
  isDown = false;
  readonly #options: ServiceOptions;
  readonly #holds = new Set<Promise<void>>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Makes runs wait, beyond their latency, until the promise resolves. */
  holdUntil(released: Promise<void>): void {
    this.#holds.add(released);
    void released.then(() => this.#holds.delete(released));
  }

  async answer(asked: Asked): Promise<Answer> {
    const { routed, call, desk, signal } = asked;
    if (routed.route === 'media') {
      await this.#rest(this.#options.mediaLatencyMs, signal);
      return this.#options.workshop.shelf.take(asked.path);
    }
    const order = readOrder(routed, asked.body);
    if (order !== undefined) {
      noteOrder(call, order);
      asked.noted();
    }
    if (this.isDown) return html(503, 'Service Temporarily Unavailable');
    if (desk === undefined) return unauthorized;
    const isList = routed.route === 'tasks' || routed.route === 'models';
    const sort = isList ? 'list' : order === undefined ? 'other' : 'run';
    const mischance = desk.plan.next(sort, call.model, this.#options.clock.now());
    if (mischance.deed !== undefined) call.fault = mischance.deed.kind;
    const atTheDoor = answerAtTheDoor(mischance.deed, desk.seats);
    if (atTheDoor !== undefined) return atTheDoor;
    if (isList) return this.#underFaults(mischance, false, signal, async () => this.#list(asked));
    if (routed.route === 'request') return json({ error: null, output: 'Job queued' });
    if (order === undefined) return routed.isOpenAi ? json({ error: 'Not found' }, 404) : failure(404, 'Not found');
    return order.kind === 'run' ? this.#run(order, asked, desk, mischance) : this.#chat(order, asked, desk, mischance);
  }

  async #run(order: OrderOf<'run'>, { signal }: Asked, desk: AccountDesk, mischance: Mischance): Promise<Answer> {
    const { model: name, parsed } = order;
    const model = this.#modelNamed(name);
    if (model === undefined) return noModel;
    if (!parsed.ok) return failure(400, parsed.error);
    return this.#seated(desk, mischance, signal, () =>
      work(model, parsed.value, mischance.deed, this.#options.workshop),
    );
  }

  async #chat(order: OrderOf<'chat'>, asked: Asked, desk: AccountDesk, mischance: Mischance): Promise<Answer> {
    const { parsed } = order;
    if (!parsed.ok) return json({ error: parsed.error }, 400);
    if (this.#modelNamed(parsed.value.model) === undefined) return json({ error: noModelWords }, 404);
    const nowMs = this.#options.clock.now();
    return this.#seated(desk, mischance, asked.signal, async () => {
      if (asked.path.endsWith('/responses')) return completeResponse(parsed.value, nowMs);
      return completeChat(parsed.value, nowMs, asked.path.endsWith('/chat/completions') ? 'chat' : 'text');
    });
  }

  async #seated(
    desk: AccountDesk,
    mischance: Mischance,
    signal: AbortSignal,
    task: () => Promise<Answer>,
  ): Promise<Answer> {
    if (!desk.takeSeat()) return tooManyRuns(desk.seats);
    try {
      return this.#metered(await this.#underFaults(mischance, true, signal, task), desk);
    } finally {
      desk.giveSeatBack(signal.aborted ? this.#options.abandonedSeatMs : 0);
    }
  }

  /** Latency and holds go on beside the work, as both take their time in the real service. */
  async #underFaults(
    { slowMs, deed }: Mischance,
    isRun: boolean,
    signal: AbortSignal,
    task: () => Promise<Answer>,
  ): Promise<Answer> {
    if (deed?.kind === 'hang') await untilAborted(signal);
    const early = answerAfterTheRun(deed);
    const [answer] = await Promise.all([
      early ?? task(),
      this.#rest(slowMs + (isRun ? this.#options.latencyMs : 0), signal).then(() =>
        isRun ? this.#whileHeld(signal) : undefined,
      ),
    ]);
    signal.throwIfAborted();
    return deed?.kind === 'truncated' && answer.kind === 'reply' ? { kind: 'truncated', reply: answer } : answer;
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#options.clock.sleep(ms, signal);
  }

  async #whileHeld(signal: AbortSignal): Promise<void> {
    while (this.#holds.size > 0) await Promise.race([Promise.all(this.#holds), untilAborted(signal)]);
  }

  #modelNamed(name: string): SandboxModel | undefined {
    return this.catalog === 'empty' ? undefined : this.#options.models.find((model) => model.modelId === name);
  }

  #list({ routed, query }: Asked): Reply {
    const all = this.catalog === 'empty' ? [] : this.#options.models;
    if (routed.route === 'tasks') {
      return json({ error: null, output: [...new Set(this.#options.models.map((model) => model.task))].sort() });
    }
    if (routed.isOpenAi) {
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
    return json({ error: null, output: found.map(listed) });
  }

  #metered(answer: Answer, desk: AccountDesk): Answer {
    if (!this.#options.dialect.meterHeaders || answer.kind !== 'reply') return answer;
    const meters = {
      'ratelimit-limit': String(desk.seats),
      'ratelimit-remaining': '0',
      'ratelimit-reset': '1',
      'inference-meter': 'sm-free',
      'inference-time': String(Math.max(1, this.#options.latencyMs) / 1000),
    };
    return { ...answer, headers: { ...meters, ...answer.headers } };
  }
}

/** Runs and chats take a seat. */
export function isRun({ route }: Pick<Routed, 'route'>): boolean {
  return route === 'run' || route === 'chat';
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const leave = () => reject(signal.reason as Error);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}
