import { deflateSync } from 'node:zlib';
import { Api, type Bot, GrammyError } from 'grammy';
import type { TelegramFault } from '../../../src/sandbox/telegram/faults.ts';
import { startTelegramSandbox } from '../../../src/sandbox/telegram/telegram-sandbox.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

export const token = '7000000001:AAtest-token_of-the-sandbox';

/** A running sandbox, a clock that stands still, grammY's own client and one person who has written. */
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

/** What a call was refused with: the code, the words, how long to rest. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof GrammyError) return `${error.error_code} ${error.description}`;
    throw error;
  }
  return 'not refused';
}

/** Asks without grammY. */
export async function ask(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  return response.json();
}

/** Stops a polling bot; its last poll asks the same offset again and has to rest for 3 s of the clock. */
export async function stopBot(bot: Bot, clock: FakeClock): Promise<void> {
  const state = { isStopped: false };
  const stopping = bot.stop().finally(() => {
    state.isStopped = true;
  });
  while (!state.isStopped) await clock.advance(1000);
  await stopping;
}

/** A true PNG of one grey. */
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

/** The beginning of an MP4, enough to be taken for one. */
export function anMp4(): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(64)]);
}
