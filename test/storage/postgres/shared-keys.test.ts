import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { tell } from '../../../src/storage/postgres/listening.ts';
import { createSharedKeys } from '../../../src/storage/stores/shared-keys.ts';
import { sharedKeysConformance } from '../../conformance/shared-keys-conformance.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';

sharedKeysConformance(
  'PostgreSQL',
  async () => {
    await using opening = new AsyncDisposableStack();
    const own = opening.use(await testDatabase());
    const open = async () => opening.use(await openPostgres({ url: own.url, version: 'test' }));
    const [one, other] = [await open(), await open()];
    const sharedOf = ({ database, listening }: typeof one) =>
      createSharedKeys(database, { tell, on: (topic, listener) => listening.on(topic, listener) });
    let aheadMs = 0;
    const scope = opening.move();
    return {
      one: sharedOf(one),
      other: sharedOf(other),
      // The clock of the database is a function of its schema.
      advance: (ms) =>
        one.database.commit(function* () {
          aheadMs += ms;
          yield* one.database.run(
            `CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE
             AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint + ${aheadMs}'`,
          );
        }),
      heard: async () => {
        const heard = Promise.withResolvers<void>();
        using _listening = other.listening.on('test-ends', () => heard.resolve());
        await one.database.commit(() => tell(one.database, 'test-ends'));
        await heard.promise;
      },
      [Symbol.asyncDispose]: () => scope.disposeAsync(),
    };
  },
  { skip: !hasPostgres },
);
