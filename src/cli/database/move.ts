import { resolve } from 'node:path';
import { type Moved, type MoveStep, moveStorage } from '../../app/processes/move-storage.ts';
import { StartError } from '../../app/start-error.ts';
import { StoreUnavailable } from '../../domain/failure.ts';
import { count } from '../../observability/quantities.ts';
import { readConfig } from '../keys/known-keys.ts';
import { writeJson } from '../keys/key-tables.ts';
import type { ProcessContext, Terminal } from '../process-context.ts';

export type MoveCommand = { readonly to: 'postgres' | 'sqlite'; readonly json: boolean };

const clearLine = '\r\u001b[2K';
const stoppedCode = 130;
const again = 'Give the same command again: it goes on where it stopped.\n';

/** Moves everything between the file of DATA_DIR and the database of DATABASE_URL; says what to do next. */
export async function move(context: ProcessContext, { to, json }: MoveCommand): Promise<void> {
  const { config } = readConfig(context);
  const { out, err, clock } = context;
  const { databaseUrl: url } = config;
  if (url === undefined) {
    const example = 'postgres://user:password@db.example.com:5432/darkroom';
    throw new StartError(
      `Cannot move: DATABASE_URL is not set; set it to the PostgreSQL database, for example ${example}`,
    );
  }
  const dataDir = resolve(context.cwd, config.dataDir);
  using stop = context.listenForStop();
  const progress = progressOn(err);
  const beganMs = clock.monotonicMs();
  let moved: Moved | undefined;
  try {
    moved = await moveStorage({ to, dataDir, url, clock, onStep: progress.show, signal: stop.signal });
  } catch (error) {
    progress.end();
    if (stop.signal.aborted) {
      err.write(`Stopped. ${again}`);
      return context.exitWith(stoppedCode);
    }
    if (!(error instanceof StoreUnavailable) || !progress.hasBegun) throw error;
    err.write(`${error.message}\n${error.mayPass ? again : ''}`);
    return context.exitWith(2);
  }
  progress.end();
  if (moved === undefined) {
    const where =
      to === 'postgres'
        ? `the bot has never run with DATA_DIR ${config.dataDir}`
        : 'DATABASE_URL names a database in which no bot has run';
    err.write(`There is nothing to move: ${where}\n`);
    return context.exitWith(1);
  }
  const ms = Math.round(clock.monotonicMs() - beganMs);
  if (json) return writeJson(out, { ...moved, aside: moved.aside ?? null, ms });
  out.write(
    `Moved ${count(moved.rows, 'row')} of ${moved.tables.length} tables from ${moved.from} to ${moved.to}: compared row by row, the same on both sides.\n`,
  );
  out.write(to === 'postgres' ? nextOnPostgres(config.dataDir, config.bucket !== undefined) : nextOnSqlite(moved));
}

function nextOnPostgres(dataDir: string, hasBucket: boolean): string {
  const results = hasBucket
    ? ''
    : `Results are files in ${dataDir}/results: processes on other machines need S3_BUCKET, or this folder shared.\n`;
  return (
    'The file is unchanged: keep it until the bot has run well, then delete it, since it holds people’s prompts.\n' +
    results +
    'Next: set DATABASE_URL for every process of the bot and start them; "darkroom doctor" looks at the database.\n'
  );
}

function nextOnSqlite({ aside }: Moved): string {
  const before = aside === undefined ? '' : `The file that was there before is ${aside}.\n`;
  return `${before}The PostgreSQL database is unchanged.\nNext: remove DATABASE_URL from the settings and start the bot, as one process.\n`;
}

type Progress = {
  readonly show: (step: MoveStep) => void;
  readonly end: () => void;
  readonly hasBegun: boolean;
};

/** One line that changes, for a person; a line for each tenth, for a log. */
function progressOn(err: Terminal): Progress {
  let shown = '';
  const step = err.isTty ? 1 : 10;
  return {
    show: ({ doing, table, done, rows }) => {
      const percent = Math.floor(((rows === 0 ? 1 : done / rows) * 100) / step) * step;
      const words = `${doing}, ${percent} %`;
      if (words === shown) return;
      shown = words;
      err.write(err.isTty ? `${clearLine}${words} (${table})` : `${words}, ${done} of ${rows} rows\n`);
    },
    end: () => {
      if (err.isTty && shown !== '') err.write(clearLine);
    },
    get hasBegun() {
      return shown !== '';
    },
  };
}
