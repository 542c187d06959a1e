import { StartError } from '../app/start-error.ts';
import { performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Clock, every, systemClock } from '../kit/clock.ts';
import { url as inspectorUrl } from 'node:inspector';
import { openApp } from '../app/open-app.ts';
import { parseConfig } from '../config/config.ts';
import { unknownNames } from '../config/unknown-names.ts';
import { readEnvironment } from '../config/env.ts';
import { KeySource } from '../keys/sources/key-source.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';
import { systemRandom } from '../kit/backoff.ts';
import { EventLog } from '../observability/event-log.ts';
import type { Redactor } from '../observability/redaction/redactor.ts';
import { groupsBeyond, LiveKeys } from './live-keys.ts';
import { onHangup, onStop, untilStopped } from './process-context.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What to say of a debugger that listens (`inspectorUrl`): it can read every secret in memory. In production
 * the app does not start with one.
 */
export function debuggerWarnings(inspectorUrl: string | undefined, env: Environment): readonly string[] {
  if (inspectorUrl === undefined) return [];
  if (env['NODE_ENV'] === 'production') {
    throw new StartError(
      'Cannot start: the debugger of Node is open and NODE_ENV is production; start without --inspect',
    );
  }
  return [
    'the debugger of Node is open: whoever reaches it can read every secret; start without --inspect in production',
  ];
}

const lookEveryMs = 2_000;
/** As much of the time between two looks as a quiet app may work. */
const quietShare = 0.05;
/** Less than this is not worth a pause: it is soon needed again. */
const worthBytes = 8_000_000;
const leastApartMs = 60_000;

/** As much of the process as its memory is looked after by. */
export type ProcessMemory = {
  /** Milliseconds that the process has worked since its start. */
  workedMs(): number;
  /** How much room V8 holds for new objects. */
  youngBytes(): number;
  /** Collects all garbage and gives the room back to the machine. Nothing else runs meanwhile. */
  giveBack(): void;
};

/**
 * Gives memory back as soon as a time of much work is over. V8 holds ever more room for new objects while there is much to
 * do, up to 32 MB, and keeps it until somebody asks. To hold it down by a flag would make all work slower; to ask
 * costs some 50 ms, so it is done in a quiet moment and at most once a minute.
 */
export function giveBackWhenQuiet(clock: Clock, memory: ProcessMemory = processMemory): Disposable {
  let worked = memory.workedMs();
  let lookedMonotonicMs = clock.monotonicMs();
  let gaveMonotonicMs = -Infinity;
  return every(clock, lookEveryMs, () => {
    const monotonicMs = clock.monotonicMs();
    const workedNow = memory.workedMs();
    const isQuiet = workedNow - worked <= (monotonicMs - lookedMonotonicMs) * quietShare;
    worked = workedNow;
    lookedMonotonicMs = monotonicMs;
    if (!isQuiet || monotonicMs - gaveMonotonicMs < leastApartMs || memory.youngBytes() < worthBytes) return;
    gaveMonotonicMs = monotonicMs;
    memory.giveBack();
  });
}

/** This process and its V8. */
export const processMemory: ProcessMemory = {
  workedMs: () => performance.eventLoopUtilization().active,
  youngBytes: () =>
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.physical_space_size ?? 0,
  giveBack: () => collector()?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
};

/** V8 hands out its collector only to a context that is made while it is told to. */
function collector(): NodeJS.GCFunction | undefined {
  if (globalThis.gc !== undefined) return globalThis.gc;
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('globalThis.gc') as NodeJS.GCFunction | undefined;
  } finally {
    // Flags are part of what the compile cache goes by.
    setFlagsFromString('--no-expose-gc');
  }
}

/**
 * Runs the bot until a signal asks it to stop; the environment comes from `.env` and the process. The redactor learns
 * every secret in it.
 */
export async function start(redactor: Redactor): Promise<void> {
  // From the beginning to the very end: a signal that nobody listens for ends the process.
  const asked = onStop();
  let liveKeys: LiveKeys | undefined;
  using _ = onHangup(() => liveKeys?.readEnvironment());
  const readAll = () => readEnvironment({ cwd: process.cwd(), processEnv: process.env });
  const reading = readAll();
  const { env, warnings } = reading;
  const debugging = debuggerWarnings(inspectorUrl(), env);
  const config = parseConfig(env);
  const source = new KeySource();
  const { keys, warnings: keyWarnings } = source.read(env);
  const { token } = config.telegram;
  const { adminToken } = config.http;
  redactor.add([token, adminToken].filter((secret) => secret !== undefined));
  const hide = (more: readonly ProviderKey[]) => redactor.add(more.map(({ secret }) => secret));
  hide(keys);
  const clock = systemClock;
  using log = new EventLog({ level: config.logLevel, redactor, clock, pretty: process.stdout.isTTY });
  const { emit } = log;
  const told = [
    ...warnings,
    ...debugging,
    ...unknownNames(env),
    ...keyWarnings,
    ...groupsBeyond(keys, config.providers),
  ];
  for (const text of told) emit({ event: 'config.warning', text });
  if (keys.length === 0) {
    emit({
      event: 'config.warning',
      text: 'no provider key is set; requests are answered kindly, and fail, until BYTEZ_API_KEY is',
    });
  }
  await using app = await openApp({ config, keys, clock, random: systemRandom, emit: emit });
  await using live = new LiveKeys({
    reading,
    source,
    providers: config.providers,
    app,
    clock,
    emit,
    told,
    onKeys: hide,
    readEnvironment: readAll,
  });
  liveKeys = live;
  using _memory = giveBackWhenQuiet(clock);
  await untilStopped(app.broken, asked);
}
