import { join } from 'node:path';
import { systemClock } from '../src/kit/clock.ts';
import { type BytezSandbox, startBytezSandbox } from '../sandbox/bytez/bytez-sandbox.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';
import { type NodeProcess, startNode } from './node-process.ts';
import { scratch } from './scratch.ts';

const root = join(import.meta.dirname, '..');
const token = '100000003:token-of-the-benchmarks-opens-nothing';
const keys = ['bench-key-one', 'bench-key-two', 'bench-key-three'];

/** One bot in a process of its own, on a Telegram stand-in in this one. */
export type Stage = AsyncDisposable & {
  readonly telegram: TelegramSandbox;
  readonly process: NodeProcess;
};

export type MeasuredApp = Stage & { readonly bytez: BytezSandbox };

/** The app as `npm start` runs it, without a log and without the limits on people. */
export async function openApp(nodeOptions: readonly string[] = []): Promise<MeasuredApp> {
  await using opening = new AsyncDisposableStack();
  const { dir } = opening.use(scratch());
  const telegram = opening.use(await startTelegramSandbox({ token, clock: systemClock }));
  const accounts = keys.map((key) => ({ name: key, key }));
  const bytez = opening.use(await startBytezSandbox({ clock: systemClock, accounts }));
  const process = opening.use(
    startNode({
      args: [...nodeOptions, join(root, 'bin/darkroom.js'), 'start'],
      cwd: dir,
      env: {
        TELEGRAM_BOT_TOKEN: token,
        TELEGRAM_API_ROOT: telegram.url,
        BYTEZ_API_KEYS: keys.join(','),
        BYTEZ_BASE_URL: bytez.baseUrl,
        MEDIA_ALLOW_PRIVATE_HOSTS: bytez.mediaHost,
        DATA_DIR: join(dir, 'data'),
        HTTP_PORT: '0',
        DRAIN_S: '0',
        FREE_WAITING: '1000',
        FREE_IMAGES_PER_DAY: '-1',
        MAX_WAIT_S: '2592000',
      },
    }),
  );
  const opened = opening.move();
  return { telegram, bytez, process, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The least that grammY needs to answer `/generate` and to echo everything else. */
export async function openBareBot(nodeOptions: readonly string[] = []): Promise<Stage> {
  await using opening = new AsyncDisposableStack();
  const { dir } = opening.use(scratch());
  const telegram = opening.use(await startTelegramSandbox({ token, clock: systemClock }));
  const process = opening.use(
    startNode({
      args: [...nodeOptions, join(import.meta.dirname, 'processes/bare-bot.js')],
      cwd: dir,
      env: { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: telegram.url },
    }),
  );
  const opened = opening.move();
  return { telegram, process, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
