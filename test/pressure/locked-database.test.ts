import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { answerTo, pictures, picturesOf, runs, troubles, until } from '../journeys/talk.ts';
import { openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';

/** Keeps the bot's database locked in a process of its own; ends by SIGKILL. */
async function lock(app: TestApp): Promise<() => Promise<void>> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'children', 'lock.ts'), join(app.dataDir, 'darkroom.db')],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  return async () => {
    child.kill('SIGKILL');
    await closed;
  };
}

/** Asks whether the process lives, again and again, and remembers the longest time that took. */
function takePulse({ app }: TestApp): Disposable & { readonly longestMs: number } {
  let longestMs = 0;
  const pulse = setInterval(() => {
    const askedMs = performance.now();
    const answered = () => void (longestMs = Math.max(longestMs, performance.now() - askedMs));
    void fetch(`${app.httpUrl}/healthz`).then(answered, () => undefined);
  }, 100);
  return {
    get longestMs() {
      return longestMs;
    },
    [Symbol.dispose]: () => clearInterval(pulse),
  };
}

test('a database that is locked for two seconds keeps people waiting for two seconds and refuses nobody (Q6)', async () => {
  await using app = await openTestApp();
  const ann = app.person(7);
  await answerTo(ann, '/help');
  const unlock = await lock(app);
  using pulse = takePulse(app);
  const asked = answerTo(ann, '/generate for Ann');
  setTimeout(() => void unlock(), 2_000);
  expect(wordsOf(await asked)).toContain('for Ann');
  expect(pulse.longestMs).toBeLessThan(1_500);
  await pictures(ann);
  expect(troubles(app)).toEqual([]);
  expect(app.events.filter(({ event }) => event.startsWith('storage.'))).toEqual([]);
});

test('a database that is locked for ten seconds: the bot refuses kindly, keeps what it took, and goes on by itself (Q6)', async () => {
  await using app = await openTestApp({ env: { BYTEZ_SEATS_MAX: '1' } });
  const [ann, ben, igor] = [app.person(7), app.person(8), app.person(9, 'ru')];
  const hold = app.bytez.hold();
  await answerTo(ann, '/generate for Ann');
  await until(() => runs(app).length === 1);
  await answerTo(ben, '/generate for Ben');

  const unlock = await lock(app);
  const lockedMs = performance.now();
  using pulse = takePulse(app);
  igor.say('/generate for Igor');
  hold.release();
  await igor.waitFor((messages) => messages.some((one) => wordsOf(one).includes('не могу принять ничего нового')));
  const readiness = async () => (await fetch(`${app.app.httpUrl}/readyz`)).status;
  expect(await readiness()).toBe(503);
  await new Promise((resolve) => setTimeout(resolve, 10_000 - (performance.now() - lockedMs)));
  expect([ann, ben].flatMap((person) => picturesOf(person))).toEqual([]);
  await unlock();

  await Promise.all([pictures(ann), pictures(ben)]);
  await vi.waitUntil(async () => (await readiness()) === 200, { interval: 50, timeout: 60_000 });
  expect(pulse.longestMs).toBeLessThan(1_500);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['for Ann', 'for Ben']);
  expect(app.events.filter(({ event }) => event.startsWith('storage.')).map(({ event }) => event)).toEqual([
    'storage.unavailable',
    'storage.recovered',
  ]);
  expect(troubles(app)).toEqual([]);
});
