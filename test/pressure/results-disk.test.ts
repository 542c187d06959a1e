import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { answerTo, pictures, picturesOf, runs, troubles, until } from '../journeys/talk.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';

test('while results cannot be written nothing new is taken, and nobody has to make a result twice (Q5)', async () => {
  await using app = await openTestApp({ env: { BYTEZ_SEATS_MAX: '1' } });
  const [ann, ben, cleo] = [app.person(7), app.person(8), app.person(9, 'es')];
  const readiness = async () => (await fetch(`${app.app.httpUrl}/readyz`)).status;
  const hold = app.bytez.hold();
  await answerTo(ann, '/generate for Ann');
  await until(() => runs(app).length === 1);
  await answerTo(ben, '/generate for Ben');

  // No user can create a folder in the place of a file.
  const results = join(app.dataDir, 'results');
  rmSync(results, { recursive: true, force: true });
  writeFileSync(results, '');
  hold.release();
  await app.event('storage.unavailable');
  expect(wordsOf(await answerTo(cleo, '/generate for Cleo'))).toContain('Ahora mismo no puedo aceptar nada nuevo');
  await vi.waitUntil(async () => (await readiness()) === 503, { interval: 50, timeout: 60_000 });
  expect(picturesOf(ann)).toEqual([]);
  rmSync(results);
  mkdirSync(results);

  await Promise.all([pictures(ann), pictures(ben)]);
  await app.event('storage.recovered');
  await vi.waitUntil(async () => (await readiness()) === 200, { interval: 50, timeout: 60_000 });
  await answerTo(cleo, '/generate for Cleo at last');
  await pictures(cleo);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['for Ann', 'for Ben', 'for Cleo at last']);
  expect([ann, ben].map((person) => fromBot(person.messages()).length)).toEqual([1, 1]);
  expect(app.events.filter(({ event }) => event.startsWith('storage.'))).toMatchObject([
    { event: 'storage.unavailable', what: 'results' },
    { event: 'storage.recovered', what: 'results' },
  ]);
  expect(troubles(app)).toEqual([]);
});
