import { describe, expect, test } from 'vitest';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { ownerOf } from '../../../src/storage/postgres/processes.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { createResultCopies } from '../../../src/storage/stores/jobs/result-copies.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';
import { anEngine } from '../sqlite/an-engine.ts';

const place = 'https://minio.example.com pictures';

/** Two processes on one database, which has one copy that is to be uploaded. */
async function twoCopiers() {
  await using opening = new AsyncDisposableStack();
  const { url } = opening.use(await testDatabase());
  const open = async () => {
    const { database, process } = opening.use(await openPostgres({ url, version: 'test' }));
    return { database, id: process.id, copies: createResultCopies(database, ownerOf(process)) };
  };
  const [one, other] = [await open(), await open()];
  const { database } = one;
  const engine = anEngine(database);
  const { id } = await accepted(engine, { updateId: 1, userId: 7 });
  await engine.queue.settle((await claimed(engine)).lease, { kind: 'failed', code: 'busy' });
  await one.copies.add(place, [{ key: 'a', jobId: id, part: 0, mime: 'image/png' }]);
  const scope = opening.move();
  return {
    one,
    other,
    forget: async () => {
      const data = createPersonalData(database);
      await data.mark(7, startMs);
      await data.drop([id], startMs);
    },
    die: (process: string) => {
      const sql = 'UPDATE processes SET beat_at_ms = beat_at_ms - 60000 WHERE id = ?';
      return database.commit(() => database.run(sql, process));
    },
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

describe.runIf(hasPostgres)('copies of several processes', () => {
  test('a file that one process uploads is left alone by the others, and theirs when it is dead', async () => {
    await using stage = await twoCopiers();
    const { one, other, die } = stage;
    expect(await other.copies.toUpload(place, 9)).toHaveLength(1);
    expect(await one.copies.begin('a')).toBe(true);
    expect([await one.copies.toUpload(place, 9), await other.copies.toUpload(place, 9)]).toMatchObject([
      { length: 1 },
      [],
    ]);
    await die(one.id);
    expect(await other.copies.toUpload(place, 9)).toHaveLength(1);
  });

  test('what is deleted during its upload is deleted by its uploader, and by others when that is dead', async () => {
    await using stage = await twoCopiers();
    const { one, other, forget, die } = stage;
    await one.copies.begin('a');
    await forget();
    expect(await other.copies.toDelete(place, 9)).toEqual([]);
    expect(await one.copies.uploaded('a')).toBe(false);
    expect(await one.copies.toDelete(place, 9)).toEqual(['a']);
    await die(one.id);
    expect(await other.copies.toDelete(place, 9)).toEqual(['a']);
    await other.copies.drop('a');
    expect(await other.copies.begin('a')).toBe(false);
  });

  test('an uploaded file is deleted by anybody', async () => {
    await using stage = await twoCopiers();
    const { one, other, forget } = stage;
    await one.copies.begin('a');
    expect(await one.copies.uploaded('a')).toBe(true);
    await forget();
    expect(await other.copies.toDelete(place, 9)).toEqual(['a']);
    expect(await one.copies.begin('a')).toBe(false);
  });
});
