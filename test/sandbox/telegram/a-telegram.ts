import { deflateSync } from 'node:zlib';
import { Api, type Bot, GrammyError } from 'grammy';
import type { TelegramFault } from '../../../sandbox/telegram/faults.ts';
import { startTelegramSandbox } from '../../../sandbox/telegram/telegram-sandbox.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

export const token = '7000000001:AAtest-token_of-the-sandbox';

/** A running sandbox on a fake clock, the client of grammY, and one person who has opened the chat. */
export async function aTelegram(options: { readonly faults?: readonly TelegramFault[] } = {}) {
  const clock = fakeClock();
  const sandbox = await startTelegramSandbox({ ...options, token, clock, botUsername: 'our_bot' });
  const api = new Api(token, { apiRoot: sandbox.url });
  const ada = sandbox.person({ id: 501, firstName: 'Ada', username: 'ada', languageCode: 'pt-br' });
  ada.say('hello');
  return {
    sandbox,
    clock,
    api,
    ada,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Returns the code and description with which a call was refused. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof GrammyError) return `${error.error_code} ${error.description}`;
    throw error;
  }
  return 'not refused';
}

/** Fetches without grammY. */
export async function ask(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  return response.json();
}

/** Stops a polling bot. Its last poll repeats an offset, so it waits for 3 s of the fake clock. */
export async function stopBot(bot: Bot, clock: FakeClock): Promise<void> {
  const state = { isStopped: false };
  const stopping = bot.stop().finally(() => {
    state.isStopped = true;
  });
  while (!state.isStopped) await clock.advance(1000);
  await stopping;
}

/** A valid PNG in one grey. */
export function aPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((width + 1) * height));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(name), data, Buffer.alloc(4)]);
}

/** The first bytes of an MP4, enough to be recognized as one. */
export function anMp4(): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(64)]);
}
