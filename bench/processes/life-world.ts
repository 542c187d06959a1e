import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { crc32, deflateSync } from 'node:zlib';

// Telegram, the provider and the host of its results, as little of each as a life needs, in a process of their own.

const botId = 100_000_005;
const maxBatch = 100;
const tickMs = 10;
/** Lives that have not gone on for so long never end, as where a bot has given words in place of a result. */
const maxStandstillMs = 60_000;

type Life = {
  readonly askedMs: number;
  answeredMs?: number;
  messageId?: number;
  onStart?(): void;
  onAnswer(): void;
  onEnd(): void;
};
type Update = { readonly update_id: number; readonly message: unknown };

/** Milliseconds that a fetch of a result and an upload take; whether the provider answers. */
const slow = { fetchMs: 0, uploadMs: 0, isHeld: false };
const lives = new Map<number, Life>();
const queue: Update[] = [];
const heldAnswers: ServerResponse[] = [];
let people = 1_000;
/** From the clock: a bot that starts again over its data ignores the numbers that it has seen. */
let nextUpdate = Math.floor(Date.now() / 1_000);
let nextMessage = 1;
let wake: (() => void) | undefined;
const polled = Promise.withResolvers<number>();

const picture = samplePicture();
const server = createServer((request, response) => {
  const path = request.url ?? '';
  if (path.startsWith('/bot')) void telegram(path.split('/').at(-1) ?? '', request, response);
  else if (path.startsWith('/result')) setTimeout(() => send(response, picture, 'image/png'), slow.fetchMs);
  else void provider(path, request, response);
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

async function provider(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  lives.get(Number(/number (\d+)/.exec(body.toString())?.[1]))?.onStart?.();
  if (request.method === 'GET') return json(response, { error: null, output: [] });
  if (slow.isHeld) return void heldAnswers.push(response);
  json(response, { error: null, output: `http://${host}/result/${path.length}.png` });
}

async function telegram(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isUpload = request.headers['content-type']?.startsWith('multipart') === true;
  const body = await bodyOf(request);
  if (isUpload && slow.uploadMs > 0) await new Promise((resolve) => setTimeout(resolve, slow.uploadMs));
  const given = isUpload
    ? { chat_id: Number(/name="chat_id"\s+(\d+)/.exec(body.toString('latin1'))?.[1]) }
    : parsed(body);
  if (response.destroyed) return;
  json(response, { ok: true, result: await answerTo(method, given) });
}

type Given = { readonly chat_id?: number; readonly offset?: number; readonly timeout?: number; readonly text?: string };

async function answerTo(method: string, given: Given): Promise<unknown> {
  if (method === 'getMe') return { id: botId, is_bot: true, first_name: 'Life', username: 'life_bot' };
  if (method === 'getUpdates') return updates(given);
  if (!/^(?:send(?!ChatAction)|edit)/.test(method)) return true;
  const chatId = Number(given.chat_id);
  const life = lives.get(chatId);
  if (life !== undefined && life.answeredMs === undefined) {
    life.answeredMs = performance.now();
    life.messageId = nextMessage++;
    life.onAnswer();
  }
  // The result may come first, where one process answers and another one brings it.
  if (method === 'editMessageMedia' || method === 'sendPhoto') life?.onEnd();
  return message(chatId, life?.messageId ?? nextMessage++, given.text ?? '');
}

function message(chatId: number, messageId: number, text: string): unknown {
  return { message_id: messageId, date: 1, chat: { id: chatId, type: 'private', first_name: 'Robin' }, text };
}

async function updates({ offset = 0, timeout = 0 }: Given): Promise<readonly Update[]> {
  polled.resolve(performance.timeOrigin + performance.now());
  while (queue[0] !== undefined && queue[0].update_id < offset) queue.shift();
  if (queue.length === 0 && timeout > 0) {
    const waiting = Promise.withResolvers<void>();
    const limit = setTimeout(waiting.resolve, timeout * 1_000);
    wake = waiting.resolve;
    await waiting.promise;
    clearTimeout(limit);
  }
  return queue.slice(0, maxBatch);
}

/** A person who was not here before asks for a picture. */
function ask(onAnswer: () => void, onEnd: () => void): Life {
  const id = people++;
  const life: Life = {
    askedMs: performance.now(),
    onAnswer,
    onEnd: () => {
      lives.delete(id);
      onEnd();
    },
  };
  lives.set(id, life);
  const from = { id, is_bot: false, first_name: 'Robin', language_code: 'en' };
  const chat = { id, type: 'private', first_name: 'Robin' };
  const entities = [{ type: 'bot_command', offset: 0, length: 9 }];
  const text = `/generate a red fox in the snow, number ${id}`;
  queue.push({
    update_id: nextUpdate,
    message: { message_id: nextUpdate, date: 1, chat, from, text, entities },
  });
  nextUpdate += 1;
  wake?.();
  return life;
}

/** Rejects `ended` when nothing has been counted for too long; dispose it at the end. */
function watch(ended: PromiseWithResolvers<void>, what: string, counted: () => number, count: number): Disposable {
  let [seen, sinceMs] = [-1, performance.now()];
  const timer = setInterval(() => {
    if (counted() !== seen) [seen, sinceMs] = [counted(), performance.now()];
    else if (performance.now() - sinceMs > maxStandstillMs) {
      ended.reject(new Error(`Cannot wait longer: ${seen} of ${count} ${what} came, and none for a minute`));
    }
  }, 1_000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** This many lives, at most `width` under way at a time. */
async function live(count: number, width: number) {
  const answers: number[] = [];
  const ends: number[] = [];
  const finished = Promise.withResolvers<void>();
  let begun = 0;
  const startedMs = performance.now();
  const next = () => {
    if (begun === count) return;
    begun += 1;
    const life = ask(
      () => answers.push(performance.now() - life.askedMs),
      () => {
        ends.push(performance.now() - life.askedMs);
        if (ends.length === count) finished.resolve();
        else next();
      },
    );
  };
  for (let first = 0; first < Math.min(width, count); first += 1) next();
  using _watch = watch(finished, 'results', () => ends.length, count);
  await finished.promise;
  return { seconds: (performance.now() - startedMs) / 1_000, answers, ends };
}

/** People ask while no provider answers, so many a second or all at once; ends when everybody has a first answer. */
async function flood(count: number, perSecond: number) {
  const answers: number[] = [];
  const finished = Promise.withResolvers<void>();
  using _watch = watch(finished, 'first answers', () => answers.length, count);
  const startedMs = performance.now();
  for (let said = 0; said < count;) {
    const due = Math.min(count, Math.ceil(((performance.now() - startedMs) * perSecond) / 1_000) + 1);
    for (; said < due; said += 1) {
      const life = ask(
        () => {
          answers.push(performance.now() - life.askedMs);
          if (answers.length === count) finished.resolve();
        },
        () => undefined,
      );
    }
    if (said < count) await new Promise((resolve) => setTimeout(resolve, tickMs));
  }
  await finished.promise;
  return { seconds: (performance.now() - startedMs) / 1_000, answers, ends: [] };
}

/** `perSecond` people a second ask, one after the other in even steps, until each has a result. */
async function steady(count: number, perSecond: number) {
  const [answers, starts, ends]: [number[], number[], number[]] = [[], [], []];
  const finished = Promise.withResolvers<void>();
  using _watch = watch(finished, 'results', () => ends.length, count);
  const startedMs = performance.now();
  for (let said = 0; said < count; said += 1) {
    const waitMs = startedMs + (said * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const life = ask(
      () => answers.push(performance.now() - life.askedMs),
      () => {
        ends.push(performance.now() - life.askedMs);
        if (ends.length === count) finished.resolve();
      },
    );
    life.onStart = () => starts.push(performance.now() - life.askedMs);
  }
  await finished.promise;
  return { seconds: (performance.now() - startedMs) / 1_000, answers, starts, ends };
}

type Wish =
  | { readonly do: 'host' | 'polled' | 'release' }
  | { readonly do: 'slow'; readonly fetchMs?: number; readonly uploadMs?: number; readonly isHeld?: boolean }
  | { readonly do: 'live'; readonly count: number; readonly width: number }
  | { readonly do: 'flood' | 'steady'; readonly count: number; readonly perSecond: number };

async function grant(wish: Wish): Promise<unknown> {
  switch (wish.do) {
    case 'host':
      return host;
    case 'polled':
      return polled.promise;
    case 'release':
      return true;
    case 'slow':
      Object.assign(slow, { fetchMs: 0, uploadMs: 0, isHeld: false }, wish);
      return true;
    case 'live':
      return live(wish.count, wish.width);
    case 'flood':
      return flood(wish.count, wish.perSecond);
    case 'steady':
      return steady(wish.count, wish.perSecond);
  }
}

process.on('message', (wish) => {
  grant(wish as Wish).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

function json(response: ServerResponse, value: unknown): void {
  send(response, Buffer.from(JSON.stringify(value)), 'application/json');
}

function send(response: ServerResponse, body: Buffer, type: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': body.byteLength }).end(body);
}

function parsed(body: Buffer): Given {
  return body.byteLength === 0 ? {} : (JSON.parse(body.toString()) as Given);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A PNG of 96 × 96 pixels of noise, about 28 kB. */
function samplePicture(): Buffer {
  const [width, height] = [96, 96];
  const rows = Buffer.alloc(height * (1 + width * 3));
  let seed = 1;
  for (let at = 0; at < rows.byteLength; at += 1) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
    rows[at] = at % (1 + width * 3) === 0 ? 0 : seed >> 16;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const frame = Buffer.alloc(8 + named.byteLength);
  frame.writeUInt32BE(data.byteLength, 0);
  named.copy(frame, 4);
  frame.writeUInt32BE(crc32(named), 4 + named.byteLength);
  return frame;
}
