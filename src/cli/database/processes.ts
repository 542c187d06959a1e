import { resolve } from 'node:path';
import { isAppRunning } from '../../app/maintenance.ts';
import { type ListedProcess, listProcesses } from '../../app/processes/list-processes.ts';
import { spanWords } from '../../observability/quantities.ts';
import { readConfig } from '../keys/known-keys.ts';
import { writeJson } from '../keys/key-tables.ts';
import type { ProcessContext } from '../process-context.ts';
import { type Column, table } from '../table.ts';

const columns: readonly Column[] = [
  { title: 'process' },
  { title: 'host' },
  { title: 'pid', align: 'right', dropOrder: 1 },
  { title: 'version', dropOrder: 2 },
  { title: 'started', dropOrder: 3 },
  { title: 'last beat' },
  { title: 'jobs', align: 'right' },
  { title: 'roles' },
];

/** Shows the processes of the bot; exit code 1 when none runs. */
export async function showProcesses(context: ProcessContext, { json }: { readonly json: boolean }): Promise<void> {
  const { config } = readConfig(context);
  const { out } = context;
  if (config.databaseUrl === undefined) {
    const isRunning = isAppRunning(resolve(context.cwd, config.dataDir));
    if (!isRunning) context.exitWith(1);
    if (json) return writeJson(out, { database: 'sqlite', running: isRunning ? 1 : 0 });
    const one = isRunning ? 'One process runs' : 'No process runs';
    return out.write(
      `${one} with the database file in DATA_DIR ${config.dataDir}, which one process owns. Several share a PostgreSQL database: DATABASE_URL.\n`,
    );
  }
  const listed = (await listProcesses(config.databaseUrl, context.clock)) ?? [];
  const living = listed.filter(({ isAlive }) => isAlive);
  if (living.length === 0) context.exitWith(1);
  if (json) return writeJson(out, { database: 'postgres', running: living.length, processes: listed });
  if (listed.length === 0) return out.write('No process runs, and none has run within a day.\n');
  out.write(`${table(out, columns, listed.map(rowOf)).join('\n')}\n`);
  if (living.length === 0) out.write('None of them runs now.\n');
}

function rowOf({ id, host, pid, version, startedAgoMs, beatAgoMs, isAlive, roles, jobs }: ListedProcess) {
  const beat = `${spanWords(beatAgoMs)} ago`;
  return [
    id.slice(0, 8),
    host,
    String(pid),
    version,
    `${spanWords(startedAgoMs)} ago`,
    isAlive ? beat : { text: `${beat}, dead`, style: 'bad' as const },
    String(jobs),
    roles.join(', ') || '–',
  ];
}
