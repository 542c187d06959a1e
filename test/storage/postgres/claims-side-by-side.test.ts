import { Client } from 'pg';
import { expect, test } from 'vitest';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { accepted, anyNumber, claimed, startMs } from '../../conformance/requests.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';
import { engineOf } from './a-store.ts';

test.skipIf(!hasPostgres)(
  'queue.claim() does not wait for a claim in another line that moves the time of the lane, where it does not move it itself',
  async () => {
    await using place = await testDatabase();
    await using storage = await openPostgres({ url: place.url, version: '1.0.0' });
    const engine = engineOf(storage, { running: anyNumber, time: { nowMs: startMs } });
    for (const [updateId, line] of ['openai', 'bytez'].entries()) await accepted(engine, { updateId, line });
    await claimed(engine, 'openai');

    const elsewhere = new Client({ connectionString: place.url.reveal() });
    await elsewhere.connect();
    try {
      await elsewhere.query(`BEGIN; UPDATE darkroom.lane_rounds SET now_round = now_round + 1`);
      expect((await claimed(engine, 'bytez')).job.updateId).toBe(1);
    } finally {
      await elsewhere.end();
    }
  },
);
