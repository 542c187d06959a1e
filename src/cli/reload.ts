import { maxChangeWaitMs } from '../app/open-admin.ts';
import { keptWhere } from '../app/processes/kept-where.ts';
import { StartError } from '../app/start-error.ts';
import { count } from '../observability/quantities.ts';
import { openAdminLook } from './keys/known-keys.ts';
import type { ProcessContext } from './process-context.ts';

/** Lets the running bot read its settings again, as SIGHUP does, and says what came of it. */
export async function reload(context: ProcessContext): Promise<void> {
  using stop = context.listenForStop();
  using look = await openAdminLook(context, stop.signal);
  if (look.known.bot !== 'running') {
    throw new StartError(
      `Cannot reload: no bot runs with ${keptWhere(look.known.config)}; it reads its settings when it starts`,
    );
  }
  const change = await look.admin.reload();
  if (change.kind === 'asked') {
    context.err.write(
      `Asked, but the bot has not done it within ${maxChangeWaitMs / 1_000} s; its log says when it has\n`,
    );
    return context.exitWith(1);
  }
  const { keys, mistakes } = change.value;
  if (mistakes.length > 0) {
    context.err.write(`The settings stay as they were:\n${mistakes.map((mistake) => `- ${mistake}`).join('\n')}\n`);
    return context.exitWith(1);
  }
  context.out.write(
    `Done: ${count(keys, 'key')}; keys, weights, seats, accounts, models table and failure rules apply now, the log names what needs a restart.\n` +
      'Read were .env in the folder of the bot, the key files, MODELS_FILE and FAILURE_RULES_FILE; variables of its environment change with a restart only.\n' +
      (look.known.config.databaseUrl === undefined
        ? ''
        : 'So says the process with the role housekeeping; the others read their own files too, and their logs say what came of it.\n'),
  );
}
