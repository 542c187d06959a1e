import { createServer } from 'node:net';
import { keysFromRecords, testKeys } from '../../app/test-keys.ts';
import { openTelegramCalls, type TelegramAnswer } from '../../app/checks/telegram-calls.ts';
import type { Config } from '../../config/config.ts';
import type { ProviderKey } from '../../keys/sources/read-keys.ts';
import { describeProxies } from '../../kit/network/proxy-settings.ts';
import { count, spanWords } from '../../observability/quantities.ts';
import { isServed } from '../../providers/registry.ts';
import type { ProcessContext } from '../process-context.ts';
import { bad, type Finding, good, note, warning } from './finding.ts';

/** A clock that differs by more makes cooldowns and daily limits wrong. */
const maxClockErrorMs = 5_000;

export type OnlineLook = {
  readonly context: ProcessContext;
  readonly config: Config;
  readonly keys: readonly ProviderKey[];
  readonly isRunning: boolean;
  readonly signal: AbortSignal;
};

/** Asks Telegram and the providers, tries the HTTP port, and compares clocks; spends and changes nothing. */
export async function checkOnline(look: OnlineLook): Promise<readonly Finding[]> {
  const { config, isRunning } = look;
  const [telegram, keys, port] = await Promise.all([
    checkTelegram(look),
    checkKeys(look),
    checkPort(config.http.host, config.http.port, isRunning),
  ]);
  return [note('proxy', describeProxies(config.proxies)), ...telegram, ...keys, port];
}

async function checkTelegram({ context, config, signal }: OnlineLook): Promise<readonly Finding[]> {
  const { token } = config.telegram;
  if (token === undefined) return [note('telegram', 'not asked, since TELEGRAM_BOT_TOKEN is not set here')];
  await using calls = openTelegramCalls({ config, token, clock: context.clock, signal });
  const me = await calls.getMe();
  if (me.kind !== 'answered') return [bad('telegram', ...explainTelegramError(me))];
  const { username } = me.value;
  const webhook = await calls.getWebhook();
  const url = webhook.kind === 'answered' ? webhook.value : '';
  return [
    good('telegram', `it accepts the token of @${username} (https://t.me/${username}), in ${spanWords(me.ms)}`),
    url === ''
      ? good('webhook', 'none is set, so the bot can ask for updates')
      : warning(
          'webhook',
          `one is set, to ${URL.parse(url)?.host ?? 'an address'}: updates go there until the bot starts and removes it`,
          'if another program uses this token, give it a bot of its own at @BotFather',
        ),
    ...clockFindings(me.clockAheadMs),
  ];
}

/** What is wrong, and what helps. */
export function explainTelegramError(
  answer: Exclude<TelegramAnswer<unknown>, { kind: 'answered' }>,
): readonly [says: string, fix: string] {
  switch (answer.kind) {
    case 'token-refused':
      return [
        'it refuses the token',
        'ask @BotFather for the current one (/mybots, API Token) and set TELEGRAM_BOT_TOKEN',
      ];
    case 'conflict':
      return ['another program asks for updates with this token', 'stop it, or give it a bot of its own at @BotFather'];
    case 'not-telegram':
      return [
        `what answers is not Telegram (${answer.detail})`,
        'check TELEGRAM_API_ROOT, and whether a proxy or a login page of the network answers in its place',
      ];
    case 'unreachable':
      return [
        `it cannot be reached (${answer.detail})`,
        'check the network and its firewall; where Telegram is blocked set HTTPS_PROXY, or TELEGRAM_API_ROOT to a server of your own',
      ];
  }
}

function clockFindings(aheadMs: number | undefined): readonly Finding[] {
  if (aheadMs === undefined) return [];
  if (Math.abs(aheadMs) <= maxClockErrorMs) return [good('time', "the machine's clock agrees with Telegram's")];
  const where = aheadMs > 0 ? 'behind' : 'ahead of';
  return [
    warning(
      'time',
      `the machine's clock is ${spanWords(Math.abs(aheadMs))} ${where} Telegram's`,
      'let the machine keep its time by itself (timedatectl set-ntp true)',
    ),
  ];
}

async function checkKeys({ context: { clock }, config, keys, signal }: OnlineLook): Promise<readonly Finding[]> {
  const nowMs = clock.now();
  // Without the database, which may be damaged: the names and the answers are the same.
  const views = keysFromRecords({ config, keys, salt: undefined, records: [], isRunning: false, nowMs });
  const tests = await testKeys({ config, keys, views, choice: 'all', clock, signal });
  const testOf = new Map(tests.map((test) => [test.id, test]));
  return [...Map.groupBy(views, ({ provider }) => provider)].map(([provider, own]) => {
    const check = `keys of ${provider}`;
    if (!isServed(provider)) return note(check, `${count(own.length, 'key')}, not used in this version`);
    const refused = own.filter(({ id }) => testOf.get(id)?.ok !== true);
    if (refused.length === 0 && own.every(({ keyless }) => keyless === true))
      return good(check, `${provider} answers at its own address, without a key`);
    if (refused.length === 0)
      return good(check, `${provider} accepts ${own.length === 1 ? 'the key' : `all ${own.length}`}`);
    const reasons = refused.slice(0, 5).map(({ id, name }) => `${name} ${testOf.get(id)?.reason ?? 'not asked'}`);
    const says = `${own.length - refused.length} of ${count(own.length, 'key')} accepted: ${reasons.join(', ')}`;
    const isAway = refused.every(({ id }) => isNetwork(testOf.get(id)?.reason));
    const fix = isAway
      ? `check the network, the proxy and the address of ${provider} (its _BASE_URL)`
      : '"darkroom keys report" says which variable holds each key; replace it, or add credit to its account';
    return refused.length === own.length ? bad(check, says, fix) : warning(check, says, fix);
  });
}

function isNetwork(reason: string | undefined): boolean {
  return reason === 'unreachable' || reason === 'timed-out';
}

/** Whether the health API can listen; while the bot runs it holds the port itself. */
export async function checkPort(host: string, port: number, isRunning: boolean): Promise<Finding> {
  const where = `${host}:${port}`;
  if (port === 0) return note('port', 'HTTP_PORT is 0: the start takes a free one and names it');
  if (isRunning) return note('port', `${where} is not tried, because the running bot listens there`);
  const code = await listenOnce(host, port);
  if (code === undefined) return good('port', `${where} is free for the health API`);
  const fix =
    code === 'EADDRINUSE'
      ? 'stop what listens there, or set HTTP_PORT to a free port'
      : 'set HTTP_HOST and HTTP_PORT to an address of this machine that you may use';
  return bad('port', `the health API cannot listen on ${where} (${code})`, fix);
}

function listenOnce(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve('code' in error ? String(error.code) : 'unknown'));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
