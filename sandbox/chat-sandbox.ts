import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from './http/stand-in-server.ts';

export type ChatRoute = 'chat' | 'probe' | 'unknown';

export type ChatCall = {
  readonly route: ChatRoute;
  readonly account?: string;
  readonly model?: string;
  /** What was said so far, oldest first, the question last. */
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
  status?: number;
};

export type ChatAccount = { readonly name: string; readonly key: string; readonly isSpent?: boolean };

/** How one provider of answers speaks. */
export type ChatDialect = {
  readonly models: readonly string[];
  /** Which of its routes is asked. */
  routeOf(asked: StandInRequest): ChatRoute;
  keyIn(asked: StandInRequest): string | undefined;
  /** A request that lacks a header or a field, or has one that it does not know. */
  mistakeIn(asked: StandInRequest, body: Readonly<Record<string, unknown>>): string | undefined;
  error(status: number, message: string, reason: 'key' | 'model' | 'credit' | 'request' | 'route'): StandInReply;
  probed(): StandInReply;
  /** The pieces of a streamed answer, and the whole of one that is not streamed. */
  pieces(words: readonly string[], model: string): readonly string[];
  whole(text: string, model: string): object;
};

export type ChatSandbox = AsyncDisposable & {
  /** Without a path. */
  readonly baseUrl: string;
  readonly calls: readonly ChatCall[];
  setFaults(faults: readonly ScriptedFault<ChatRoute>[]): void;
  /** Streams only so many pieces of each answer and then cuts the connection; all of them for undefined. */
  cutAfter(pieces: number | undefined): void;
  /** Waits after so many pieces of each answer until it is released. */
  holdAfter(pieces: number): { release(): void };
};

export type ChatSandboxOptions = {
  readonly dialect: ChatDialect;
  readonly accounts: readonly ChatAccount[];
  /** What the models answer; by default they repeat the question. */
  readonly answer?: (question: string, before: number) => string;
  readonly port?: number | undefined;
};

/** Starts a stand-in of a provider of answers, as strict as the real one; it listens when the promise resolves. */
export async function startChatSandbox(options: ChatSandboxOptions): Promise<ChatSandbox> {
  const { dialect, answer = (question, before) => `You asked: ${question} (after ${before} messages).` } = options;
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const calls: ChatCall[] = [];
  const faults = new FaultScript<ChatRoute>();
  let cutAfter: number | undefined;
  let hold: { readonly after: number; readonly released: Promise<void> } | undefined;

  async function* sent(pieces: readonly string[]): AsyncGenerator<string> {
    for (const [index, piece] of pieces.entries()) {
      if (index === hold?.after) await hold.released;
      yield piece;
    }
  }

  const handle = async (asked: StandInRequest, call: ChatCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    if (call.route === 'unknown') return dialect.error(404, 'No such route', 'route');
    const key = dialect.keyIn(asked);
    const account = key === undefined ? undefined : accounts.get(key);
    if (account === undefined) return dialect.error(401, 'invalid api key', 'key');
    Object.assign(call, { account: account.name });
    if (call.route === 'probe') return dialect.probed();
    const body = parsed(asked.body);
    const mistake = body === undefined ? 'the body is not JSON' : dialect.mistakeIn(asked, body);
    if (body === undefined || mistake !== undefined) return dialect.error(400, mistake ?? '', 'request');
    const { model, messages, stream } = body as { model: string; messages: ChatCall['messages']; stream?: boolean };
    Object.assign(call, { model, messages });
    if (!dialect.models.includes(model)) return dialect.error(404, `model: ${model} not found`, 'model');
    if (account.isSpent === true) return dialect.error(402, 'insufficient credit', 'credit');
    const text = answer(messages?.at(-1)?.content ?? '', (messages?.length ?? 1) - 1);
    if (stream !== true) return jsonReply(200, dialect.whole(text, model));
    const words = text.match(/\S+\s*/g) ?? [text];
    const pieces = dialect.pieces(words, model);
    const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
    return {
      kind: 'stream',
      status: 200,
      headers,
      pieces: sent(pieces.slice(0, cutAfter)),
      isCut: cutAfter !== undefined && cutAfter < pieces.length,
    };
  };

  const server = await startStandIn(
    async (asked) => {
      const call: ChatCall = { route: dialect.routeOf(asked) };
      calls.push(call);
      const reply = await handle(asked, call);
      if ('status' in reply) call.status = reply.status;
      return reply;
    },
    { port: options.port },
  );
  return {
    baseUrl: server.root,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    cutAfter: (pieces) => {
      cutAfter = pieces;
    },
    holdAfter: (after) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      hold = { after, released: promise };
      return { release: resolve };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function parsed(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** One event of a stream. */
export function eventText(data: object, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Why the messages are not a conversation that ends with a question; undefined when they are. */
export function conversationMistake(messages: unknown, roles: readonly [string, string]): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return 'messages: at least one message is required';
  for (const [index, message] of messages.entries()) {
    const { role, content } = (message ?? {}) as { readonly role?: unknown; readonly content?: unknown };
    if (typeof content !== 'string' || content.trim() === '') return `messages.${index}: text must not be empty`;
    if (role !== roles[index % 2]) return `messages.${index}: roles must alternate between ${roles.join(' and ')}`;
  }
  return messages.length % 2 === 1 ? undefined : 'messages: the last one must be a question';
}
