import { sizeWords } from '../observability/quantities.ts';
import { resolve } from 'node:path';
import { backUpDatabase, databasePath, setDatabaseAside } from '../app/maintenance.ts';
import { readConfig } from './keys/known-keys.ts';
import type { ProcessContext } from './process-context.ts';
import { parseConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env.ts';

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
        `To go back: stop the bot, move ${databasePath(config.dataDir)} with its -wal and -shm aside, copy the backup there, start.\n`,
    );
  } catch (error) {
    if (shown >= 0) err.write(clearLine);
    if (!stop.signal.aborted) throw error;
    err.write('Stopped; nothing was left behind\n');
    context.exitWith(stoppedCode);
  }
}

/** Moves the database of DATA_DIR aside, unless a running bot owns it. */
export async function setAside(): Promise<void> {
  const { env } = readEnvironment({ cwd: process.cwd(), processEnv: process.env });
  const { dataDir } = parseConfig(env);
  const moved = setDatabaseAside(dataDir, Date.now());
  process.stdout.write(
    `Moved to ${moved}. The next start makes a new database; results on disk stay where they are.\n`,
  );
}
