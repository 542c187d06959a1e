import { url as inspectorUrl } from 'node:inspector';
import { openApp } from '../app/open-app.ts';
import { parseConfig } from '../config.ts';
import { unknownNames } from '../config-names.ts';
import { readEnvironment } from '../environment.ts';
import { KeySource } from '../keys/key-source.ts';
import type { ProviderKey } from '../keys/read-keys.ts';
import { systemClock } from '../kit/clock.ts';
import { systemRandom } from '../kit/random.ts';
import { EventLog } from '../observability/event-log.ts';
import type { Redactor } from '../observability/redactor.ts';
import { debuggerWarnings } from './debugger-door.ts';
import { groupsBeyond, LiveKeys } from './live-keys.ts';
import { giveBackWhenQuiet } from './quiet-memory.ts';
import { onHangup, onStop, untilStopped } from './signals.ts';

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
  const { tell } = log;
  const told = [
    ...warnings,
    ...debugging,
    ...unknownNames(env),
    ...keyWarnings,
    ...groupsBeyond(keys, config.providers),
  ];
  for (const text of told) tell({ event: 'config.warning', text });
  if (keys.length === 0) {
    tell({
      event: 'config.warning',
      text: 'no provider key is set; requests are answered kindly, and fail, until BYTEZ_API_KEY is',
    });
  }
  await using house = await openApp({ config, keys, clock, random: systemRandom, emit: tell });
  await using live = new LiveKeys({
    reading,
    source,
    providers: config.providers,
    house,
    clock,
    tell,
    told,
    onKeys: hide,
    readEnvironment: readAll,
  });
  liveKeys = live;
  using _memory = giveBackWhenQuiet(clock);
  await untilStopped(house.broken, asked);
}
