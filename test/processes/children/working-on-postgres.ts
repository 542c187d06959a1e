import { setImmediate } from 'node:timers/promises';
import { Secret } from '../../../src/kit/secret.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { oneEach, startMs } from '../../conformance/requests.ts';
import { engineOf } from '../../storage/postgres/a-store.ts';

// Works on jobs, eight at a time, until it is killed; says what it has begun and what it was told that it has ended.
const [url = ''] = process.argv.slice(2);
const atOnce = 8;
const storage = await openPostgres({ url: new Secret(url), version: 'test' });
const { queue } = engineOf(storage, { running: oneEach, time: { nowMs: startMs } });

/** Wakes who found nothing to do. */
let somethingNew = Promise.withResolvers<void>();
const wake = () => {
  somethingNew.resolve();
  somethingNew = Promise.withResolvers();
};
queue.onWork(wake);

/** Until the database has answered: what is refused has changed nothing. */
async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StorageError) || !error.isRefusal) throw error;
    }
  }
}

async function work(): Promise<never> {
  for (;;) {
    const news = somethingNew.promise;
    const claim = await untilAnswered(() => queue.claim('bytez'));
    if (claim === undefined) {
      await news;
      continue;
    }
    process.stdout.write(`begun ${claim.job.id} ${claim.lease.fence}\n`);
    await setImmediate();
    const hasEnded = await untilAnswered(() => queue.settle(claim.lease, { kind: 'cancelled' }));
    process.stdout.write(`${hasEnded ? 'ended' : 'refused'} ${claim.job.id} ${claim.lease.fence}\n`);
  }
}

process.stdout.write('ready\n');
await Promise.all(Array.from({ length: atOnce }, work));
