import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/kit/clock.ts';
import type { BytezFault } from '../sandbox/bytez/bytez-fault.ts';
import { type BytezSandbox, startBytezSandbox } from '../sandbox/bytez/bytez-sandbox.ts';
import { startOpenAiSandbox } from '../sandbox/openai/openai-sandbox.ts';
import type { TelegramFault } from '../sandbox/telegram/faults.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';
import { compiled } from '../test/support/compiled.ts';
import { fixedPicture } from './fixed-picture.ts';

export const resultsDir = join(import.meta.dirname, 'results');
const token = '100000004:token-of-the-campaign-opens-nothing';
const editorKey = 'sk-campaign-key-that-changes-pictures-0001';

export type StandInsOptions = {
  readonly keys: number;
  readonly seatsPerKey: number;
  readonly providerFaults: readonly BytezFault[];
  readonly telegramFaults: readonly TelegramFault[];
  /** How long the provider works on a picture. */
  readonly latencyMs: number;
  readonly random: () => number;
  /** Whether pictures can be changed, by another provider. */
  readonly hasEdits?: boolean;
};

/** Stand-ins for Telegram and the provider that inject faults, and what a bot needs to work with them. */
export type StandIns = AsyncDisposable & {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  /** For what the bot writes; removed at the end. */
  readonly folder: string;
  /** What no log and no file may hold. */
  readonly secrets: readonly string[];
  /** The environment of a bot between them. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** `parent`: the folder in which theirs is made. */
export async function openStandIns(options: StandInsOptions, parent = resultsDir): Promise<StandIns> {
  await using opening = new AsyncDisposableStack();
  mkdirSync(resultsDir, { recursive: true });
  const folder = mkdtempSync(join(parent, 'darkroom-bot-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  opening.defer(() => {
    process.off('exit', remove);
    remove();
  });
  const keys = Array.from({ length: options.keys }, (_, index) => `campaign-key-${String(index + 1).padStart(4, '0')}`);
  const accounts = keys.map((key, index) => ({
    name: `account ${index + 1}`,
    key,
    seats: options.seatsPerKey,
    faults: [...options.providerFaults],
  }));
  const telegram = opening.use(
    await startTelegramSandbox({ token, clock: systemClock, faults: options.telegramFaults }),
  );
  const bytez = opening.use(
    await startBytezSandbox({
      clock: systemClock,
      random: options.random,
      accounts,
      latencyMs: options.latencyMs,
      painter: { picture: async () => fixedPicture, video: async () => fixedPicture },
    }),
  );
  const editor =
    options.hasEdits === true
      ? opening.use(
          await startOpenAiSandbox({
            clock: systemClock,
            accounts: [{ name: 'editor', key: editorKey }],
            draw: async () => fixedPicture,
          }),
        )
      : undefined;
  const opened = opening.move();
  return {
    telegram,
    bytez,
    folder,
    secrets: [token, editorKey, ...keys],
    env: {
      ...compiled,
      PATH: process.env['PATH'],
      TELEGRAM_BOT_TOKEN: token,
      TELEGRAM_API_ROOT: telegram.url,
      BYTEZ_API_KEYS: keys.join(','),
      BYTEZ_BASE_URL: bytez.baseUrl,
      BYTEZ_SEATS_PER_KEY: String(options.seatsPerKey),
      BYTEZ_SEATS_MAX: String(options.seatsPerKey),
      ...(editor === undefined ? {} : { OPENAI_API_KEY: editorKey, OPENAI_BASE_URL: editor.baseUrl }),
      MEDIA_ALLOW_PRIVATE_HOSTS: [bytez, ...(editor === undefined ? [] : [editor])]
        .map(({ mediaHost }) => mediaHost)
        .join(','),
      DATA_DIR: join(folder, 'data'),
      HTTP_PORT: '0',
      KEYS_TEST_ON_START: 'off',
      LOG_LEVEL: 'info',
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
