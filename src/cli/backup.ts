import { sizeWords } from '../observability/quantities.ts';
import { resolve } from 'node:path';
import { backUpDatabase, contentsWords, restoreDatabase, setDatabaseAside } from '../app/maintenance.ts';
import { howToBackUp, howToRestore, howToSetAside } from './database/postgres-programs.ts';
import { readConfig } from './keys/known-keys.ts';
import type { ProcessContext } from './process-context.ts';

export type BackupCommand = {
  readonly file: string;
  readonly force: boolean;
};

const clearLine = '\r\u001b[2K';
const stoppedCode = 130;

/** Copies the database of DATA_DIR to a file, whether or not the bot runs. */
export async function backupDatabase(context: ProcessContext, { file, force }: BackupCommand): Promise<void> {
  const { config } = readConfig(context);
  const { out, err } = context;
  if (config.databaseUrl !== undefined) {
    out.write(howToBackUp(config.databaseUrl, file));
    // Nothing was backed up: a timer that runs this notices.
    return context.exitWith(1);
  }
  using stop = context.listenForStop();
  let shown = -1;
  const onProgress = (share: number) => {
    const percent = Math.floor(share * 100);
    if (!err.isTty || percent === shown) return;
    shown = percent;
    err.write(`${clearLine}copying, ${percent} %`);
  };
  const to = resolve(context.cwd, file);
  try {
    const dataDir = resolve(context.cwd, config.dataDir);
    const report = await backUpDatabase(dataDir, { to, force, onProgress, signal: stop.signal });
    if (shown >= 0) err.write(clearLine);
    if (report === undefined) {
      err.write(`There is nothing to back up: the bot has never run with DATA_DIR ${config.dataDir}\n`);
      return context.exitWith(1);
    }
    const { bytes, schema, jobs } = report;
    const facts = `${sizeWords(bytes)}, schema ${schema}, ${jobs} ${jobs === 1 ? 'request' : 'requests'}`;
    out.write(`Backed up to ${to}: ${facts}, verified.\n`);
    out.write(
      `It holds people’s prompts: keep it as safe as DATA_DIR. Results are files of their own in ${config.dataDir}/results.\n` +
        `To go back: stop the bot, then "darkroom restore ${to}".\n`,
    );
  } catch (error) {
    if (shown >= 0) err.write(clearLine);
    if (!stop.signal.aborted) throw error;
    err.write('Stopped; nothing was left behind\n');
    context.exitWith(stoppedCode);
  }
}

/** Moves the database of DATA_DIR aside, unless a running bot owns it or it is not damaged; of PostgreSQL it says how. */
export function setAside(context: ProcessContext, { force }: { readonly force: boolean }): void {
  const { config } = readConfig(context);
  if (config.databaseUrl !== undefined) {
    const now = new Date(context.clock.now()).toISOString().replaceAll(/\D/g, '').slice(0, 14);
    context.out.write(howToSetAside(config.databaseUrl, now));
    return context.exitWith(1);
  }
  const moved = setDatabaseAside(resolve(context.cwd, config.dataDir), context.clock.now(), { force });
  context.out.write(
    `Moved to ${moved}. The next start makes a new database; results on disk stay where they are.\n` +
      'A backup comes back with "darkroom restore <file>".\n',
  );
}

/** Puts a backup in the place of the database of DATA_DIR. */
export async function restoreBackup(context: ProcessContext, file: string): Promise<void> {
  const { config, env } = readConfig(context);
  if (config.databaseUrl !== undefined) {
    context.out.write(howToRestore(config.databaseUrl, file));
    return context.exitWith(1);
  }
  const from = resolve(context.cwd, file);
  const id = /^([0-9]{6,12}):/.exec(env['TELEGRAM_BOT_TOKEN'] ?? '')?.[1];
  const restored = await restoreDatabase(resolve(context.cwd, config.dataDir), {
    from,
    botId: id === undefined ? undefined : Number(id),
    nowMs: context.clock.now(),
  });
  const facts = `${sizeWords(restored.bytes)}, ${contentsWords(restored)}`;
  const kept = restored.aside === undefined ? 'There was no database before.' : `The one before is ${restored.aside}.`;
  context.out.write(
    `Restored ${from}: ${facts}, verified.\n${kept}\n` +
      'Start the bot now. Requests accepted after the backup are unknown to it: people have to ask again.\n',
  );
}
