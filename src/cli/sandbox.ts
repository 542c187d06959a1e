import { StartError } from '../app/start-error.ts';
import { readFileSync } from 'node:fs';
import { systemClock } from '../kit/clock.ts';
import { onStop, untilStopped } from './stop-signals.ts';

/** Loads the sandbox, which the image does not hold; throws a StartError where it or its packages are absent. */
export async function loadSandbox() {
  try {
    // Only drawing needs these, and a demo that cannot draw should not start.
    for (const name of ['@resvg/resvg-js', 'h264-mp4-encoder']) import.meta.resolve(name);
    const [telegram, bytez, accounts, providers, faults, page] = await Promise.all([
      import('../../sandbox/telegram/telegram-sandbox.ts'),
      import('../../sandbox/bytez/bytez-sandbox.ts'),
      import('../../sandbox/demo-accounts.ts'),
      import('../../sandbox/demo-providers.ts'),
      import('../../sandbox/bytez/faults-file.ts'),
      import('../../sandbox/page/chat-page.ts'),
    ]);
    return { ...telegram, ...bytez, ...accounts, ...providers, ...faults, ...page };
  } catch (error) {
    const fix =
      'this installation holds only what runs the bot; use a clone of the repository and "npm ci" without --omit=dev';
    throw new StartError(`Cannot open the sandbox: ${fix}`, { cause: error });
  }
}

export type SandboxOptions = {
  readonly telegramPort: number;
  readonly bytezPort: number;
  /** Path of a JSON file with accounts and their faults. */
  readonly faults?: string;
};

const sandboxToken = '100000001:sandbox-token-that-opens-nothing-at-all';

/** Runs the stand-ins until a signal, and prints the settings of a bot that uses them. */
export async function sandbox(options: SandboxOptions): Promise<void> {
  const asked = onStop({ endsAtHangup: true });
  const { startTelegramSandbox, startBytezSandbox, demoAccounts, parseFaultsFile } = await loadSandbox();
  const clock = systemClock;
  const script =
    options.faults === undefined ? { accounts: demoAccounts } : readScript(options.faults, parseFaultsFile);
  try {
    const { telegramPort, bytezPort } = options;
    await using telegram = await startTelegramSandbox({ port: telegramPort, token: sandboxToken, clock });
    await using bytez = await startBytezSandbox({ latencyMs: 900, ...script, port: bytezPort, clock });
    telegram.person({ id: 1001, firstName: 'Robin', languageCode: 'en' });
    const lines = [
      `TELEGRAM_API_ROOT=${telegram.url}`,
      `TELEGRAM_BOT_TOKEN=${sandboxToken}`,
      `BYTEZ_BASE_URL=${bytez.baseUrl}`,
      `BYTEZ_API_KEYS=${script.accounts.map(({ key }) => key).join(',')}`,
      `MEDIA_ALLOW_PRIVATE_HOSTS=${bytez.mediaHost}`,
    ];
    process.stdout.write(`The stand-ins run; Ctrl-C stops them. A bot uses them with:\n\n${lines.join('\n')}\n`);
    await untilStopped(new Promise<never>(() => undefined), asked);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      const { telegramPort, bytezPort } = options;
      throw new StartError(
        `Cannot open the sandbox: port ${telegramPort} or ${bytezPort} is taken; choose others with --telegram-port and --bytez-port, 0 takes a free one`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Throws a StartError that lists every mistake in the file. */
function readScript<Script>(path: string, parse: (json: unknown) => Script): Script {
  const json = readJson(path);
  try {
    return parse(json);
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new StartError(`Cannot read the faults file ${path}: it is missing or not JSON`, { cause: error });
  }
}
