import { openHouse } from '../app.ts';
import { parseConfig } from '../config.ts';
import { unknownNames } from '../config-names.ts';
import { readEnvironment } from '../environment.ts';
import { readKeys } from '../keys/read-keys.ts';
import { systemClock } from '../kit/clock.ts';
import { systemRandom } from '../kit/random.ts';
import { createLogger, tellTo } from '../observability/logger.ts';
import { createRedactor } from '../observability/redactor.ts';
import { untilStopped } from './signals.ts';

/** Runs the bot until a signal asks it to stop; the environment comes from `.env` and the process. */
export async function start(): Promise<void> {
  const { env, warnings } = readEnvironment({ cwd: process.cwd(), processEnv: process.env });
  const config = parseConfig(env);
  const { keys, warnings: keyWarnings } = readKeys(env);
  const { token } = config.telegram;
  const { adminToken } = config.http;
  const secrets = [token, adminToken, ...keys.map(({ secret }) => secret)].filter((secret) => secret !== undefined);
  const logger = createLogger({
    level: config.logLevel,
    redactor: createRedactor(secrets),
    pretty: process.stdout.isTTY,
  });
  const tell = tellTo(logger);
  for (const text of [...warnings, ...unknownNames(env), ...keyWarnings]) tell({ event: 'config.warning', text });
  if (keys.length === 0) {
    tell({
      event: 'config.warning',
      text: 'no provider key is set; requests are answered kindly, and fail, until BYTEZ_API_KEY is',
    });
  }
  await using house = await openHouse({ config, keys, clock: systemClock, random: systemRandom, tell });
  await untilStopped(house.broken);
}
