import { StartError, TemporaryError } from '../app/start-error.ts';
import { flushCompileCache } from 'node:module';
import { systemClock } from '../kit/clock.ts';
import { url as inspectorUrl } from 'node:inspector';
import { openKeysElsewhere, vaultSecrets } from '../app/open-keys-elsewhere.ts';
import { openApp } from '../app/open-app.ts';
import { parseConfig } from '../config/config.ts';
import { databaseSecrets } from '../config/database-url.ts';
import { unknownNames } from '../config/unknown-names.ts';
import { readEnvironment } from '../config/env.ts';
import { KeySource } from '../keys/sources/key-source.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';
import { StoreUnavailable } from '../domain/failure.ts';
import { systemRandom } from '../kit/backoff.ts';
import { proxySecrets, proxyWarnings } from '../kit/network/proxy-settings.ts';
import { EventLog } from '../observability/event-log.ts';
import { redactLine, type Redactor } from '../observability/redaction/redactor.ts';
import { LiveSecret, type Secret } from '../kit/secret.ts';
import { missingKeyWarnings, LiveKeys } from './live-keys.ts';
import { freeMemoryWhenQuiet } from './memory/free-memory.ts';
import { YoungSpace } from './memory/young-space.ts';
import { LiveToken } from './programs/live-token.ts';
import { exitCodeOf, type ProcessContext, terminalOn } from './process-context.ts';
import { keepAliveFor, onHangup, onStop, untilStopped } from './stop-signals.ts';

/** A start that Telegram does not answer within this time is no refusal: its log is shown. */
const maxHoldMs = 5_000;

/** By then everything is loaded. Node itself keeps its compiled code only at an end in order, which a kill is not. */
const keepCodeAfterMs = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Warnings about an open debugger (`inspectorUrl`), through which every secret in memory can be read. Throws a StartError
 * in production.
 */
export function debuggerWarnings(inspectorUrl: string | undefined, env: Environment): readonly string[] {
  if (inspectorUrl === undefined) return [];
  if (env['NODE_ENV'] === 'production') {
    throw new StartError(
      'Cannot start: the debugger of Node is open and NODE_ENV is production; start without --inspect',
    );
  }
  return [
    'the debugger of Node is open: a program that connects to it can read every secret; start without --inspect in production',
  ];
}

/** As `start`, as the only command of this process: sets the exit code instead of ending the process. */
export async function startAlone(redactor: Redactor, context: ProcessContext): Promise<void> {
  try {
    await keepAliveFor(start(redactor));
  } catch (error) {
    context.exitWith(exitCodeOf(error, context));
  }
}

/**
 * Runs the bot until a signal asks it to stop; the environment comes from `.env` and the process. Every secret in it is
 * added to the redactor.
 */
export async function start(redactor: Redactor): Promise<void> {
  // Listens from the first moment to the last: a signal without a listener ends the process.
  const asked = onStop();
  let liveKeys: LiveKeys | undefined;
  using _ = onHangup(() => void liveKeys?.readEnvironment());
  const readAll = () => readEnvironment({ cwd: process.cwd(), processEnv: process.env });
  const reading = readAll();
  const { env, warnings } = reading;
  const debugging = debuggerWarnings(inspectorUrl(), env);
  const config = parseConfig(env);
  const { token } = config.telegram;
  const { adminToken } = config.http;
  const { secretAccessKey } = config.bucket ?? {};
  redactor.add(
    [
      token,
      config.telegram.webhook?.secret,
      adminToken,
      secretAccessKey,
      config.masterKey,
      ...vaultSecrets(config.keysElsewhere.vault),
      ...Object.values(config.webhooks),
      ...Object.values(config.tracing?.headers ?? {}),
      ...proxySecrets(config.proxies),
      ...databaseSecrets(config.databaseUrl),
    ].filter((secret) => secret !== undefined),
  );
  const hide = (more: readonly ProviderKey[]) => redactor.add(more.map(({ secret }) => secret));
  const clock = systemClock;
  const out = terminalOn(process.stdout, process.env);
  using log = new EventLog({ level: config.logLevel, redactor, clock, ...(out.isTty ? { terminal: out } : {}) });
  const { emit } = log;
  await using elsewhere = openKeysElsewhere(config, { clock, emit });
  await elsewhere?.start();
  const source = new KeySource({ elsewhere });
  const { keys, warnings: keyWarnings } = source.read(env);
  hide(keys);
  const startWarnings = [
    ...warnings,
    ...debugging,
    ...unknownNames(env),
    ...keyWarnings,
    ...missingKeyWarnings(keys, config.providers, env),
    ...proxyWarnings(config.proxies),
  ];
  const hold = log.hold();
  const serve = async () => {
    for (const text of startWarnings) emit({ event: 'config.warning', text });
    if (keys.length === 0) {
      emit({
        event: 'config.warning',
        text: 'no provider key is set; every request fails until one is, for example BYTEZ_API_KEY, or remove HORDE_ANONYMOUS=off for free pictures',
      });
    }
    const adminToken = new LiveSecret(config.http.adminToken);
    const onSecret = (secret: Secret) => redactor.add([secret]);
    using liveToken = new LiveToken({ adminToken, readEnvironment: readAll, clock, emit, onSecret });
    await using app = await openApp({
      config,
      adminToken,
      keys,
      clock,
      random: systemRandom,
      emit,
      onSecret,
      renewToken: (mark) => liveToken.renew(mark),
      redact: (line) => redactLine(line, redactor),
      reload: async () =>
        (await liveKeys?.readEnvironment()) ?? { keys: keys.length, mistakes: ['the start is not over'] },
    });
    void app.introduced.then(hold.release, () => undefined);
    using youngSpace = new YoungSpace();
    using _cache = clock.schedule(keepCodeAfterMs, () => youngSpace.withUsualFlags(flushCompileCache));
    using _held = clock.schedule(maxHoldMs, hold.release);
    await using live = new LiveKeys({
      reading,
      source,
      providers: config.providers,
      app,
      clock,
      emit,
      warned: startWarnings,
      onKeys: hide,
      readEnvironment: readAll,
      renewToken: () => liveToken.renew(),
    });
    liveKeys = live;
    using _memory = freeMemoryWhenQuiet(clock);
    await untilStopped(app.broken, asked);
  };
  try {
    await serve();
  } catch (error) {
    // One sentence says why it was refused; the warnings before it would only mislead.
    if (error instanceof StartError || error instanceof StoreUnavailable) hold.drop();
    // Supervisors start it again until the disk works.
    if (error instanceof StoreUnavailable && error.mayPass) throw new TemporaryError(error.message, { cause: error });
    throw error;
  } finally {
    hold.release();
  }
}
