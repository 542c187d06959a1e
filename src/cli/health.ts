import { askHealth } from '../app/checks/ask-health.ts';
import { StartError } from '../app/start-error.ts';
import { readConfig } from './keys/known-keys.ts';
import type { ProcessContext } from './process-context.ts';

/** Listening everywhere includes the loopback address. */
const askedInstead: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Asks the running bot whether its process lives, for supervisors; exit code 1 when nothing answers. */
export async function health(context: ProcessContext): Promise<void> {
  const { host: bound, port } = readConfig(context).config.http;
  if (port === 0) throw new StartError('Cannot ask the bot: HTTP_PORT is 0, a free port; set it to a number');
  const host = askedInstead.get(bound) ?? bound;
  const where = `http://${host.includes(':') ? `[${host}]` : host}:${port}/healthz`;
  const status = await askHealth(where, context.clock);
  if (status === 200) return context.out.write(`${where} answers\n`);
  context.err.write(
    status === undefined
      ? `Nothing answers on ${where}: the bot is not running, hangs, or has another HTTP_HOST or HTTP_PORT\n`
      : `${where} answers with ${status}: is that the bot?\n`,
  );
  context.exitWith(1);
}
