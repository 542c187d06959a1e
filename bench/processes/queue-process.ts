import { performance } from 'node:perf_hooks';
import { jobId } from '../../src/domain/ids.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Secret } from '../../src/kit/secret.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createJobEngine } from '../../src/storage/stores/jobs/job-engine.ts';
import { anyNumberWaiting, benchRequest, line, usualRunning } from '../bench-jobs.ts';

/** Each cycle leaves as many jobs waiting as it found. */
const cyclesARound = 30;

const [place = '', waiting = ''] = process.argv.slice(2);
// Opened while questions arrive: the memory probe listens too, so that one without a listener here would be lost.
const opened = stored().then((store) => createJobEngine({ ...store, clock: systemClock, running: usualRunning }));
let newest = Number(waiting);

/** In the file, or in the database of an address. */
async function stored(): Promise<Pick<Parameters<typeof createJobEngine>[0], 'database' | 'owner'>> {
  if (!place.startsWith('postgres:')) return { database: openDatabase({ path: place }) };
  const { openPostgres } = await import('../../src/storage/postgres/open-postgres.ts');
  const { ownerOf } = await import('../../src/storage/postgres/processes.ts');
  const { database, process: own } = await openPostgres({ url: new Secret(place), version: 'bench' });
  return { database, owner: ownerOf(own) };
}

async function playRound(): Promise<Record<string, number[]>> {
  const engine = await opened;
  const taken: Record<string, number[]> = { accept: [], 'claim and park': [], where: [], cancel: [] };
  const timed = async <Answer>(step: string, work: () => Promise<Answer>): Promise<Answer> => {
    const startedMs = performance.now();
    const answer = await work();
    taken[step]?.push(performance.now() - startedMs);
    return answer;
  };
  for (let cycle = 0; cycle < cyclesARound; cycle += 1) {
    newest += 1;
    const nowMs = Date.now();
    const [mine, userId] = [newest, 1_000_000 + newest];
    await timed('accept', () => engine.queue.accept(benchRequest(mine, userId), anyNumberWaiting));
    await timed('claim and park', async () => {
      const claim = await engine.queue.claim(line);
      if (claim === undefined) throw new Error('Cannot claim from a queue that is full');
      const { progress } = claim.job;
      await engine.queue.park(claim.lease, { line, readyAtMs: nowMs, reason: 'keys-cooling', progress });
    });
    const anybody = 1 + Math.floor(Math.random() * Number(waiting));
    await timed('where', () => engine.reader.where(jobId(`tg-${anybody}`)));
    await timed('cancel', () => engine.queue.cancel(jobId(`tg-${mine}`), userId));
  }
  return taken;
}

// The memory probe lets a process end that has nothing else to do.
process.channel?.ref();
process.on('message', (question) => {
  if (question !== 'round') return;
  void playRound().then((taken) => process.send?.(taken));
});
