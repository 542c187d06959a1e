import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const calls = z.object({
  offset: z.number().optional(),
  timeout: z.number().optional(),
  chat_id: z.number().optional(),
});

/** What becomes of one person's words, in milliseconds of `performance.now()`. */
export type Asked = { readonly updateId: number; readonly askedMs: number; takenMs?: number; answeredMs?: number };

/** The least of a Bot API: hands out updates as fast as they are asked for, and takes every answer at once. */
export type FloodTelegram = AsyncDisposable & {
  readonly url: string;
  /** By chat: one a person. */
  readonly asked: ReadonlyMap<number, Asked>;
  say(chatId: number, text: string): void;
  /** How many the bot has taken for good, and how many it has answered. */
  readonly taken: number;
  readonly answered: number;
  /** How many updates Telegram still holds. */
  readonly held: number;
};

export async function startFloodTelegram(botId: number): Promise<FloodTelegram> {
  const asked = new Map<number, Asked>();
  const queue: { readonly update_id: number; readonly message: unknown }[] = [];
  const byUpdate = new Map<number, Asked>();
  let nextUpdate = 1;
  let messages = 0;
  let taken = 0;
  let answered = 0;
  let wake: (() => void) | undefined;

  const confirm = (offset: number) => {
    const nowMs = performance.now();
    while (queue[0] !== undefined && queue[0].update_id < offset) {
      const one = byUpdate.get(queue.shift()?.update_id ?? 0);
      if (one !== undefined) one.takenMs = nowMs;
      taken += 1;
    }
  };
  const getUpdates = async ({ offset, timeout = 0 }: z.infer<typeof calls>): Promise<unknown> => {
    if (offset !== undefined) confirm(offset);
    if (queue.length === 0 && timeout > 0) {
      const waiting = Promise.withResolvers<void>();
      wake = waiting.resolve;
      const limit = setTimeout(waiting.resolve, timeout * 1_000);
      await waiting.promise;
      clearTimeout(limit);
    }
    return queue.slice(0, 100);
  };
  const answer = (chatId: number): unknown => {
    const one = asked.get(chatId);
    if (one !== undefined && one.answeredMs === undefined) {
      one.answeredMs = performance.now();
      answered += 1;
    }
    messages += 1;
    return { message_id: messages, date: 1, chat: { id: chatId, type: 'private' }, text: '.' };
  };
  const resultOf = async (method: string, body: unknown): Promise<unknown> => {
    if (method === 'getMe') return { id: botId, is_bot: true, first_name: 'Flood', username: 'flood_bot' };
    const facts = calls.parse(body);
    if (method === 'getUpdates') return getUpdates(facts);
    if (method === 'sendMessage') return answer(facts.chat_id ?? 0);
    return true;
  };

  const server = createServer((request, response) => {
    void bodyOf(request)
      .then((body) => resultOf((request.url ?? '').split('/').at(-1) ?? '', body))
      .then((result) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ ok: true, result }));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    say: (chatId, text) => {
      const from = { id: chatId, is_bot: false, first_name: 'Robin', language_code: 'en' };
      const entities = [{ type: 'bot_command', offset: 0, length: text.split(' ', 1)[0]?.length ?? 0 }];
      const chat = { id: chatId, type: 'private', first_name: 'Robin' };
      const updateId = nextUpdate;
      nextUpdate += 1;
      const one: Asked = { updateId, askedMs: performance.now() };
      asked.set(chatId, one);
      byUpdate.set(updateId, one);
      queue.push({ update_id: updateId, message: { message_id: updateId, date: 1, chat, from, text, entities } });
      wake?.();
    },
    get taken() {
      return taken;
    },
    get answered() {
      return answered;
    },
    get held() {
      return queue.length;
    },
    [Symbol.asyncDispose]: async () => {
      wake?.();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return text === '' ? {} : (JSON.parse(text) as unknown);
}
