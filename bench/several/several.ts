import { cpus } from 'node:os';
import { hasPostgres } from '../../test/support/postgres-server.ts';
import type { BenchmarkReport, Figure, Progress } from '../figure.ts';
import { bundleToday, queueBot, today } from '../life/contenders.ts';
import { accepting } from './accepting.ts';
import { deepQueues } from './deep.ts';
import { leases } from './leases.ts';
import { livesASecond } from './lives.ts';
import { alone, onPostgres, type Setup } from './setups.ts';

type Part = {
  readonly name: string;
  readonly measure: (setups: readonly Setup[], progress: Progress) => Promise<readonly Figure[]>;
};

const parts: readonly Part[] = [
  { name: 'lives', measure: livesASecond },
  { name: 'accepting', measure: accepting },
  { name: 'leases', measure: leases },
  { name: 'deep', measure: deepQueues },
];

/**
 * One to four processes of the bot on PostgreSQL beside one on SQLite and a bot on BullMQ.
 * `SEVERAL_PARTS=lives` measures only that part, `SEVERAL_PROCESSES=1,2` only with so many processes.
 */
export async function several(progress: Progress): Promise<BenchmarkReport> {
  if (process.platform !== 'linux')
    return { figures: [], skipped: 'processor time is read from /proc, which is Linux' };
  if (!hasPostgres) return { figures: [], skipped: 'PostgreSQL is not installed (apt-get install postgresql)' };
  process.setMaxListeners(50);
  const wanted = process.env['SEVERAL_PARTS']?.split(',');
  const counts = (process.env['SEVERAL_PROCESSES'] ?? '1,2,4').split(',').map(Number);
  bundleToday();
  const queue = await queueBot();
  const setups = [
    alone('SQLite', today),
    ...counts.map((count) => onPostgres(count)),
    ...('why' in queue ? [] : [alone(queue.name, queue)]),
  ];
  progress(`${cpus().length} cores, shared by the bots, their store and the stand-ins`);
  const figures: Figure[] = [];
  for (const { name, measure } of parts) {
    if (wanted?.includes(name) === false) continue;
    progress(name);
    figures.push(...(await measure(setups, (line) => progress(`  ${line}`))));
  }
  return { figures, ...('why' in queue ? { skipped: queue.why } : {}) };
}
