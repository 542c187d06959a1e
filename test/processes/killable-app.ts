import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AppEvent } from '../../src/domain/events.ts';
import { type Checkpoint, checkpoints, operationCheckpoints } from '../../src/domain/job.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { type BytezSandbox, startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { adminId, testKey, testToken } from '../support/test-app.ts';
import { until } from '../journeys/talk.ts';
import { compiled } from '../support/compiled.ts';

/** The points of a request's life at which its run is submitted and known. */
export const pointsAfterSubmission: readonly Checkpoint[] = [
  ...operationCheckpoints,
  ...checkpoints.slice(checkpoints.indexOf('answered')),
];

/** Where a process ends itself: when the first job that is not spared comes to the point, or so long after that. */
export type Death = {
  readonly point: Checkpoint;
  readonly spared: readonly string[];
  readonly afterMs: number;
  /** SIGSTOP freezes instead, and the process may wake. */
  readonly by?: 'SIGKILL' | 'SIGSTOP';
};

export type KillableApp = AsyncDisposable & {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  readonly dataDir: string;
  /** Of all processes, in order. */
  readonly events: readonly AppEvent[];
  /** Jobs at whose point a process ended or froze. */
  readonly reached: readonly JobId[];
  person(id: number): Person;
  /** Starts the bot again on the same data; resolves when it has said hello to Telegram. */
  start(death?: Death): Promise<void>;
  /** Resolves when the process has ended by itself. */
  died(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL: the process gets no chance to tidy up. */
  kill(): Promise<void>;
};

export type KillableOptions = {
  readonly latencyMs?: number;
  readonly isAsleep?: boolean;
  readonly env?: Readonly<Record<string, string>>;
};

/** A busy machine takes its time over the modules of several processes at once. */
const startWithinMs = 50_000;

/** The bot in a process of its own against sandboxes of this one. */
export async function openKillableApp({
  latencyMs = 0,
  isAsleep = false,
  env = {},
}: KillableOptions = {}): Promise<KillableApp> {
  await using opening = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'darkroom-kill-'));
  opening.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const clock = systemClock;
  const telegram = opening.use(await startTelegramSandbox({ token: testToken, clock }));
  const accounts = [{ name: 'account 1', key: testKey(1), faults: [] }];
  const bytez = opening.use(await startBytezSandbox({ clock, accounts, latencyMs }));
  const events: AppEvent[] = [];
  const reached: JobId[] = [];
  let running: ChildProcess | undefined;
  const kill = async () => {
    if (running === undefined) return;
    const gone = once(running, 'close');
    running.kill('SIGKILL');
    running = undefined;
    await gone;
  };
  // A process that never got to its start must not outlive the test.
  opening.defer(kill);
  const start = async (death?: Death) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'children', 'app.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...compiled,
        TELEGRAM_BOT_TOKEN: testToken,
        TELEGRAM_API_ROOT: telegram.url,
        BYTEZ_API_KEY: testKey(1),
        BYTEZ_BASE_URL: bytez.baseUrl,
        MEDIA_ALLOW_PRIVATE_HOSTS: bytez.mediaHost,
        DATA_DIR: dataDir,
        HTTP_PORT: '0',
        RETRY_DELAY_S: '0.01',
        KEYS_TEST_ON_START: 'off',
        BYTEZ_SEATS_MAX: '1',
        ADMIN_IDS: String(adminId),
        ...env,
        ...(death === undefined ? {} : { DEATH: JSON.stringify(death) }),
      },
    });
    running = child;
    const before = events.length;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as AppEvent | { readonly reached: JobId };
      if ('reached' in said) reached.push(said.reached);
      else events.push(said);
    });
    await until(() => events.slice(before).some(({ event }) => event === 'app.started'), startWithinMs);
  };
  if (!isAsleep) await start();
  const opened = opening.move();
  return {
    telegram,
    bytez,
    dataDir,
    events,
    reached,
    person: (id) => telegram.person({ id, firstName: `Person ${id}`, languageCode: 'en' }),
    start,
    signal: (signal) => void running?.kill(signal),
    died: async () => {
      if (running === undefined) return;
      const gone = running;
      running = undefined;
      if (gone.exitCode === null && gone.signalCode === null) await once(gone, 'close');
    },
    kill,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
