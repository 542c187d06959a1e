import { expect, test } from 'vitest';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { createSharedStores } from '../../../src/storage/postgres/shared-stores.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { startPostgresProxy } from '../../support/postgres-proxy.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';

test.skipIf(!hasPostgres)('takeNew() hands an update out although the answer of its statement was lost', async () => {
  await using own = await testDatabase();
  let cuts = 0;
  await using proxy = await startPostgresProxy(own.url, (said) => {
    if (!said.includes('UPDATE inbox SET holder') || cuts > 0) return undefined;
    cuts += 1;
    return 'cut-the-answer';
  });
  await using storage = await openPostgres({ url: proxy.url, version: 'test' });
  const { shared } = createSharedStores(storage);
  const { telegram } = await shared.processes.beat(storage.process, ['telegram']);
  if (telegram?.kind !== 'held') throw new Error('Cannot hold the role that nobody else wants');
  await createInbox(storage.database).keep([{ updateId: 7, body: '{}' }], Date.now());
  const taken = await shared.inbox.takeNew(telegram.fence);
  expect({ cuts, taken }).toEqual({ cuts: 1, taken: [{ updateId: 7, body: '{}' }] });
});

test.skipIf(!hasPostgres)('a place to send is counted once although the answer of its statement was lost', async () => {
  await using own = await testDatabase();
  let cuts = 0;
  await using proxy = await startPostgresProxy(own.url, (said) => {
    if (!said.includes('SELECT take_send_place') || cuts > 0) return undefined;
    cuts += 1;
    return 'cut-the-answer';
  });
  await using storage = await openPostgres({ url: proxy.url, version: 'test' });
  const { places } = createSharedStores(storage).shared;
  const pace = { place: 5, messages: 1, burst: 3, everyMs: 60_000, isUrgent: false };
  const waits: boolean[] = [];
  for (let call = 0; call < 4; call += 1) waits.push((await places.take(pace)) > 0);
  expect({ cuts, waits }).toEqual({ cuts: 1, waits: [false, false, false, true] });
});
