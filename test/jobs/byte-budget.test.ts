import { expect, test } from 'vitest';
import { ByteBudget } from '../../src/jobs/fetch-result.ts';

/** Work that ends when it is told to. */
function aBudget(bytes: number) {
  const budget = new ByteBudget(bytes);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    budget,
    started,
    run: (name: string, bytes: number) =>
      budget.run(bytes, () => {
        started.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      }),
    end: async (name: string) => {
      ends.get(name)?.();
      await new Promise(setImmediate);
    },
  };
}

test('ByteBudget runs what fits side by side, and the rest in the order in which it came', async () => {
  const app = aBudget(10);
  const all = [app.run('a', 4), app.run('b', 6), app.run('c', 9), app.run('d', 1)];
  expect([app.started, app.budget.waiting]).toEqual([['a', 'b'], 2]);
  await app.end('a');
  // The last would fit, and waits for its turn.
  expect(app.started).toEqual(['a', 'b']);
  await app.end('b');
  expect([app.started, app.budget.waiting]).toEqual([['a', 'b', 'c', 'd'], 0]);
  await app.end('c');
  await app.end('d');
  await Promise.all([...all, app.budget.idle()]);
});

test('ByteBudget runs alone what is larger than all of it, and gives back what failed', async () => {
  const app = aBudget(10);
  const large = app.run('large', 99);
  await new Promise(setImmediate);
  const failing = app.budget.run(10, () => Promise.reject(new Error('Cannot fetch')));
  const refused = failing.catch(String);
  const last = app.run('last', 10);
  expect(app.started).toEqual(['large']);
  await app.end('large');
  expect(await refused).toContain('Cannot fetch');
  await new Promise(setImmediate);
  expect(app.started).toEqual(['large', 'last']);
  await app.end('last');
  await Promise.all([large, last, app.budget.idle()]);
});
