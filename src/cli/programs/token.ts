import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { maxChangeWaitMs } from '../../app/open-admin.ts';
import { StartError } from '../../app/start-error.ts';
import { withVariable } from '../../config/env-text.ts';
import { readSmallFile, replaceFile, systemCode } from '../../kit/files.ts';
import { Secret } from '../../kit/secret.ts';
import { unquoted } from '../../kit/unquoted.ts';
import { writeJson } from '../keys/key-tables.ts';
import { openAdminLook } from '../keys/known-keys.ts';
import type { ProcessContext } from '../process-context.ts';
import { tokenMark } from './live-token.ts';

/** Where the token is written back to. */
type TokenPlace = { readonly name: 'ADMIN_TOKEN_FILE' | '.env'; readonly path: string; readonly isNew: boolean };

const moreAbout = 'docs/operating.md, "A new admin token", says more';

/**
 * Makes a new token, writes it to the file that has the old one, and lets the running bot take it over. Throws a StartError,
 * with everything as it was, where it cannot be written.
 */
export async function rotateToken(context: ProcessContext, { json }: { readonly json: boolean }): Promise<void> {
  const place = placeOfToken(context);
  const token = new Secret(randomBytes(32).toString('base64url'));
  write(place, token);
  const bot = await askBot(context, token);
  if (json) writeJson(context.out, { token: token.reveal(), writtenTo: place.name, bot: bot.kind });
  else context.out.write(`The new token, which is not shown again:\n\n  ${token.reveal()}\n\n`);
  const told = wordsOf(bot, place);
  if (bot.kind === 'not-taken') {
    context.err.write(`${told}\n`);
    return context.exitWith(1);
  }
  if (!json) context.out.write(`${told}\n`);
}

/** As `readEnvironment` finds it: the real environment counts more than `.env`, the variable more than its file. */
function placeOfToken({ cwd, env }: ProcessContext): TokenPlace {
  const dotEnv = join(cwd, '.env');
  const written = existsSync(dotEnv) ? parseEnv(readFileSync(dotEnv, 'utf8')) : undefined;
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const valueOf = (name: string) => env[name] ?? written?.[name] ?? '';
  if (isSet('ADMIN_TOKEN')) {
    throw new StartError(
      `Cannot rotate ADMIN_TOKEN: it comes from the environment of the process (compose, systemd, a shell), which no command can change. Put a new one there, as from "openssl rand -hex 32", and start the bot again; or keep it in a file that ADMIN_TOKEN_FILE names, then it is rotated without a restart. ${moreAbout}`,
    );
  }
  const fromDotEnv = valueOf('ADMIN_TOKEN') !== '';
  const path = unquoted(valueOf('ADMIN_TOKEN_FILE').trim());
  if (!fromDotEnv && path !== '') return { name: 'ADMIN_TOKEN_FILE', path, isNew: !existsSync(path) };
  if (written !== undefined && env['ADMIN_TOKEN'] === undefined) {
    return { name: '.env', path: dotEnv, isNew: !fromDotEnv };
  }
  throw new StartError(
    `Cannot rotate ADMIN_TOKEN: none is set here. Set ADMIN_TOKEN_FILE to a file that the bot may read, or run this in the folder that has its .env. ${moreAbout}`,
  );
}

function write({ name, path }: TokenPlace, token: Secret): void {
  const where = name === '.env' ? '.env' : 'the file that ADMIN_TOKEN_FILE names';
  try {
    replaceFile(path, name === '.env' ? dotEnvWith(path, token) : fileWith(path, token));
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `Cannot write ${where}: the system says ${systemCode(error)}; nothing was changed. ${adviceFor(systemCode(error))}`,
      { cause: error },
    );
  }
}

function adviceFor(code: string): string {
  if (code === 'EROFS' || code === 'EBUSY') {
    return 'It is mounted from elsewhere: change it there, and the running bot takes it over within seconds';
  }
  if (code === 'ENOENT') return 'Its folder has to exist';
  return 'Its folder has to be writable, and its owner has to be the one who runs this command, or root';
}

function fileWith(path: string, token: Secret): string {
  const before = readSmallFile(path);
  return `${token.reveal()}${before.kind === 'read' && !before.text.endsWith('\n') ? '' : '\n'}`;
}

function dotEnvWith(path: string, token: Secret): string {
  const text = withVariable(readFileSync(path, 'utf8'), 'ADMIN_TOKEN', token.reveal());
  if (text !== undefined) return text;
  throw new StartError(
    'Cannot rotate ADMIN_TOKEN: its place in .env cannot be told, because quotation marks around it are not closed on its line; nothing was changed. Write ADMIN_TOKEN=… on one line, then try again',
  );
}

type BotAnswer =
  | { readonly kind: 'taken' | 'not-running' }
  | { readonly kind: 'not-taken'; readonly mistakes: readonly string[] };

async function askBot(context: ProcessContext, token: Secret): Promise<BotAnswer> {
  using stop = context.listenForStop();
  try {
    using look = await openAdminLook(context, stop.signal);
    if (look.known.bot !== 'running') return { kind: 'not-running' };
    const change = await look.admin.renewToken(tokenMark(token));
    if (change.kind === 'done' && change.value.isInUse) return { kind: 'taken' };
    const late = `it has not answered within ${maxChangeWaitMs / 1_000} s`;
    const elsewhere = 'it reads its token from elsewhere';
    const said = change.kind === 'asked' ? [late] : change.value.mistakes;
    return { kind: 'not-taken', mistakes: said.length > 0 ? said : [elsewhere] };
  } catch (error) {
    // The token is written, so it has to be shown whatever else is wrong.
    return { kind: 'not-taken', mistakes: [error instanceof Error ? error.message : 'it could not be asked'] };
  }
}

function wordsOf(bot: BotAnswer, place: TokenPlace): string {
  const where = place.name === '.env' ? '.env' : 'the file that ADMIN_TOKEN_FILE names';
  switch (bot.kind) {
    case 'taken':
      return `It was written to ${where}, and the running bot uses it: the old one opens nothing more, sessions of the dashboard and streams of events have ended.`;
    case 'not-running':
      return `It was written to ${where}. No bot runs here; the next start uses it.`;
    case 'not-taken':
      return `It was written to ${where}, but the running bot does not use it: ${bot.mistakes.join('; ')}. The old token is still valid until it does. ${moreAbout}`;
  }
}
