import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BotIdentity, openTelegramCalls } from '../../app/checks/telegram-calls.ts';
import { type Config, parseConfig } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';
import { Secret } from '../../kit/secret.ts';
import { oneLine } from '../../observability/describe-error.ts';
import { explainTelegramError } from '../doctor/online-checks.ts';
import { readConfig } from '../keys/known-keys.ts';
import type { ProcessContext } from '../process-context.ts';
import { askKeys } from './ask-keys.ts';
import { envText, freeNameBeside, writeEnvFile } from './env-file.ts';
import { askMore } from './more-settings.ts';
import { openQuestions, Stopped, type Wizard } from './questions.ts';

const stoppedCode = 130;
/** How long one look waits for a message to the bot. */
const lookS = 1;

/**
 * Asks for token, keys and admin, checks each, then for whatever else is wanted, and writes `.env`; nothing is written before
 * the end.
 */
export async function init(context: ProcessContext): Promise<void> {
  const { cwd, out, err, clock } = context;
  const path = join(cwd, '.env');
  using stop = context.listenForStop();
  const config = configFor(context);
  using questions = openQuestions(context, stop.signal);
  const wizard = { context, config, questions, signal: stop.signal };
  try {
    out.write('This sets up a bot in this folder. Nothing is written before the end; Ctrl-C leaves.\n\n');
    const isThere = existsSync(path);
    const replaces = isThere
      ? await questions.confirm(
          `There is a .env in ${cwd} already. Write a new one, and keep this one beside it?`,
          false,
        )
      : true;
    if (!replaces) {
      err.write('Nothing was changed. "darkroom doctor --online" checks the .env that is there.\n');
      return context.exitWith(1);
    }
    const { token, bot } = await askToken(wizard);
    out.write('2. The keys. Create one or more at https://bytez.com (Settings, API keys).\n');
    const none = 'None yet: the bot starts and answers, but makes nothing.';
    const keys = await askKeys(wizard, { variable: 'BYTEZ_API_KEYS', none });
    const adminIds = await askAdmin(wizard, token, bot);
    const more = await askMore(wizard);
    stop.signal.throwIfAborted();
    const keepAs = isThere ? freeNameBeside(path, clock.now()) : undefined;
    writeEnvFile(path, envText({ token, keys, adminIds, more }), keepAs);
    out.write(`\nWrote ${path}, readable by you alone.\n`);
    if (keepAs !== undefined) out.write(`The one before is ${keepAs}; its other settings were not taken over.\n`);
    out.write(nextSteps({ bot, keys: keys.length, admins: adminIds.length, hasDashboard: more.has('ADMIN_TOKEN') }));
  } catch (error) {
    if (!(error instanceof Stopped) && !stop.signal.aborted) throw error;
    err.write('\nStopped; nothing was written\n');
    context.exitWith(stop.signal.aborted ? stoppedCode : 1);
  }
}

/** The settings that the checks need, for example a proxy; a .env with mistakes is about to be replaced. */
function configFor(context: ProcessContext): Config {
  try {
    return readConfig(context).config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return parseConfig({ ...context.env, TELEGRAM_BOT_TOKEN: undefined });
  }
}

async function askToken({ context, config, questions, signal }: Wizard) {
  const { out, clock } = context;
  out.write('1. The bot. Open https://t.me/BotFather, send /newbot, and copy the token that it gives you.\n');
  for (;;) {
    const token = (await questions.require('   Token:', { isSecret: true })).replace(/^["']|["']$/g, '');
    const mistake = tokenMistake(token);
    if (mistake !== undefined) {
      out.write(`   ${mistake}\n`);
      continue;
    }
    await using calls = openTelegramCalls({ config, token: new Secret(token), clock, signal });
    const me = await calls.getMe();
    if (me.kind === 'answered') {
      out.write(`   It is @${me.value.username}: https://t.me/${me.value.username}\n\n`);
      return { token, bot: me.value };
    }
    const [says, fix] = explainTelegramError(me);
    out.write(`   Telegram was asked, and ${says}: ${fix}.\n`);
    if (me.kind === 'token-refused') continue;
    if (await questions.confirm('   Go on with this token without the check?', false)) {
      out.write('\n');
      return { token, bot: undefined };
    }
  }
}

function tokenMistake(token: string): string | undefined {
  try {
    parseConfig({ TELEGRAM_BOT_TOKEN: token });
    return token === ''
      ? 'A bot needs a token: paste the line that @BotFather sent, digits, a colon and letters.'
      : undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `That is no token: it ${error.mistakes[0]?.replace(/^\S+ /, '') ?? 'cannot be read'}.`;
  }
}

async function askAdmin(
  { context, config, questions, signal }: Wizard,
  token: string,
  bot: BotIdentity | undefined,
): Promise<readonly number[]> {
  const { out, clock } = context;
  out.write('3. You. An admin gets alerts and sees /keys in the chat with the bot.\n');
  const where = bot === undefined ? 'the chat with the bot' : `https://t.me/${bot.username}`;
  out.write(`   Open ${where} and press Start (or send /start) now.\n`);
  await using calls = openTelegramCalls({ config, token: new Secret(token), clock, signal });
  const refused = new Set<number>();
  for (;;) {
    const line = await questions.ask('   Then press Enter here; or type your Telegram user id, or "skip":');
    if (/^[1-9][0-9]{0,15}$/.test(line)) return [Number(line)];
    if (/^skip$/i.test(line)) return [];
    if (line !== '') {
      out.write('   A user id is a number, for example 123456789.\n');
      continue;
    }
    // From 0: nothing is confirmed, so the bot still answers every message when it starts.
    const updates = await calls.getUpdates(0, lookS);
    if (updates.kind !== 'answered') {
      const [says, fix] = explainTelegramError(updates);
      out.write(`   Telegram was asked, and ${says}: ${fix}.\n`);
    }
    const people = (updates.kind === 'answered' ? updates.value : []).flatMap(({ from }) => from ?? []);
    const person = people.findLast(({ id }) => !refused.has(id));
    if (person === undefined) {
      out.write('   Nobody has written to the bot yet.\n');
      if (await questions.confirm('   Go on without an admin?', true)) return [];
      continue;
    }
    if (await questions.confirm(`   ${oneLine(person.name, 40)} wrote (user id ${person.id}). Is that you?`, true)) {
      return [person.id];
    }
    refused.add(person.id);
  }
}

type WrittenFacts = {
  readonly bot: BotIdentity | undefined;
  readonly keys: number;
  readonly admins: number;
  readonly hasDashboard: boolean;
};

function nextSteps({ bot, keys, admins, hasDashboard }: WrittenFacts): string {
  const link = bot === undefined ? 'the bot' : `https://t.me/${bot.username}`;
  return [
    '',
    'Next:',
    '  npm start                      runs the bot here; or: docker compose up -d --build',
    `  open ${link}   and send /generate a red fox in the snow`,
    '  npx darkroom doctor --online   checks everything once more, at any time',
    ...(hasDashboard ? ['  open http://127.0.0.1:3002      the dashboard; ADMIN_TOKEN in .env opens it'] : []),
    ...(keys === 0 ? ['  put a key into BYTEZ_API_KEYS in .env, without one every request fails'] : []),
    ...(admins === 0 ? ['  put your Telegram user id into ADMIN_IDS in .env, to get alerts and /keys'] : []),
    '',
  ].join('\n');
}
