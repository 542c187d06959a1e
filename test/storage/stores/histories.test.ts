import { assert, asyncProperty, boolean, constantFrom, integer, array, record } from 'fast-check';
import { expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import type { Wishes } from '../../../src/domain/job.ts';
import { type Feedback, maxFeedbackADay, maxToldAnHour } from '../../../src/domain/personal/feedback.ts';
import { createFeedback } from '../../../src/storage/stores/personal/feedback.ts';
import { createPastRequests } from '../../../src/storage/stores/personal/past-requests.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { aRequest, claimed, roomy, startMs } from '../../conformance/requests.ts';
import { runs } from '../../support/property-runs.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { onBothEngines, type TestedEngine } from '../on-both-engines.ts';

const dayMs = 86_400_000;
const file = { path: 'results/job-1.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;
const result = { kind: 'result', payload: { kind: 'file', file }, model: 'fox' } as const;

/** A database with entries of these people in this order; the ids count from 1. */
async function histories(
  { open }: TestedEngine,
  entries: readonly { readonly userId: number; readonly isFavourite: boolean }[],
) {
  const store = await open();
  for (const [index, { userId, isFavourite }] of entries.entries()) {
    await store.change(
      `INSERT INTO past_requests (job_id, user_id, kind, prompt, ended, asked_at_ms, is_favourite)
       VALUES (?, ?, 'image', 'a fox', 'result', ?, ?)`,
      `job-${index + 1}`,
      userId,
      index,
      isFavourite ? 1 : 0,
    );
  }
  return {
    store: createPastRequests(store.database),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

const said = (number: number, more: Partial<Feedback> = {}): Feedback => ({
  jobId: jobId(`job-${number}`),
  userId: 7,
  kind: 'image',
  code: 'refused',
  words: 'too blue',
  atMs: startMs,
  ...more,
});

onBothEngines((engine) => {
  test('page() shows each entry of its person once, newest first, whichever way people turn the pages', async () => {
    const anEntry = record({ userId: constantFrom(7, 8), isFavourite: boolean() });
    await assert(
      asyncProperty(
        array(anEntry, { maxLength: 20 }),
        integer({ min: 1, max: 6 }),
        boolean(),
        async (all, size, only) => {
          await using opened = await histories(engine, all);
          const { store } = opened;
          const list = only ? 'favourites' : undefined;
          const own = all
            .flatMap(({ userId, isFavourite }, index) => (userId === 7 && (!only || isFavourite) ? [index + 1] : []))
            .toReversed();
          const seen: number[] = [];
          let page = await store.page(7, {}, size, list);
          expect(page.hasNewer).toBe(false);
          for (;;) {
            const ids = page.entries.map(({ id }) => id);
            expect(ids).toEqual(own.slice(seen.length, seen.length + size));
            const before = seen.length;
            seen.push(...ids);
            expect(page.hasNewer).toBe(before > 0);
            expect(page.hasOlder).toBe(seen.length < own.length);
            const [first, last] = [ids[0], ids.at(-1)];
            if (first !== undefined && before > 0) {
              // Back, and there are the entries right before this page.
              const back = await store.page(7, { newerThan: first }, size, list);
              expect(back.entries.map(({ id }) => id)).toEqual(own.slice(before - size, before));
            }
            if (last === undefined || !page.hasOlder) break;
            page = await store.page(7, { olderThan: last }, size, list);
          }
          expect(seen).toEqual(own);
        },
      ),
      { numRuns: engine.isShared ? runs(20) : runs(100) },
    );
  });

  test('page() shows the newest entries where those that a button names are gone', async () => {
    await using opened = await histories(
      engine,
      [7, 7, 7].map((userId) => ({ userId, isFavourite: false })),
    );
    const { store } = opened;
    await store.deleteOfJob(jobId('job-1'));
    const page = await store.page(7, { olderThan: 2 }, 2);
    expect([page.entries.map(({ id }) => id), page.hasNewer, page.hasOlder]).toEqual([[3, 2], false, false]);
  });

  test('setFavourite() changes the entry of its person alone, and purge() leaves favourites', async () => {
    await using opened = await histories(
      engine,
      [7, 7].map((userId) => ({ userId, isFavourite: false })),
    );
    const { store } = opened;
    expect([await store.setFavourite(1, 8, true), await store.setFavourite(1, 7, true)]).toEqual([false, true]);
    expect((await store.find(1))?.isFavourite).toBe(true);
    expect([await store.purge(0), await store.purge(1), await store.purge(9)]).toEqual([0, 1, 0]);
    expect((await store.page(7, {}, 9)).entries.map(({ id }) => id)).toEqual([1]);
  });

  test.each<[string, Wishes | undefined, boolean, boolean]>([
    ['is in the history of its person', undefined, false, true],
    ['is there with other wishes too', { asFile: true, quiet: true }, false, true],
    ['is not there when it is private', { isPrivate: true }, false, false],
    ['is not there once its person wants it forgotten', undefined, true, false],
  ])('a request that was told %s', async (_, wishes, isForgotten, isThere) => {
    await using opened = await engine.open();
    const { database } = opened;
    const jobs = anEngine(database);
    const request = { ...aRequest({ updateId: 1, userId: 7 }), ...(wishes === undefined ? {} : { wishes }) };
    await jobs.queue.accept(request, roomy);
    const { lease, job } = await claimed(jobs);
    await jobs.queue.settle(lease, result);
    if (isForgotten) await createPersonalData(database).mark(7, startMs);
    const past = createPastRequests(database);
    expect(await past.ofJob(job.id)).toBeUndefined();
    const telling = await jobs.delivery.claim(job.id);
    if (telling === undefined) throw new Error('Cannot tell the outcome: nobody may');
    await jobs.delivery.done(telling.lease, undefined, [{ form: 'photo', id: 'AgAC' }]);
    expect(await past.ofJob(job.id)).toEqual(
      isThere
        ? expect.objectContaining({ userId: 7, ended: 'result', model: 'fox', sent: [{ form: 'photo', id: 'AgAC' }] })
        : undefined,
    );
  });

  test('mayGive(): once about each request, and a few in 24 hours', async () => {
    await using opened = await engine.open();
    const { database } = opened;
    const store = createFeedback(database);
    for (let number = 1; number <= maxFeedbackADay; number += 1) {
      expect(await store.mayGive(7, jobId(`job-${number}`), startMs)).toBe(true);
      expect(await store.keep(said(number))).toBe('told');
      expect(await store.mayGive(7, jobId(`job-${number}`), startMs)).toBe(false);
      // A second person cannot add to what was said about a request.
      expect(await store.keep(said(number, { userId: 8 }))).toBe('refused');
    }
    const next = maxFeedbackADay + 1;
    const may = (userId: number, atMs: number) => store.mayGive(userId, jobId(`job-${next}`), atMs);
    expect([await may(7, startMs), await may(7, startMs + dayMs - 1)]).toEqual([false, false]);
    expect(await store.keep(said(next))).toBe('refused');
    expect([await may(8, startMs), await may(7, startMs + dayMs)]).toEqual([true, true]);
    await store.purge(startMs);
    expect(await store.mayGive(7, jobId('job-1'), startMs)).toBe(true);
  });

  test('keep(): the admins are told of some in an hour; the others are stored all the same', async () => {
    await using opened = await engine.open();
    const { database } = opened;
    const store = createFeedback(database);
    const ends = [];
    for (let number = 1; number <= maxToldAnHour + 2; number += 1) {
      ends.push(await store.keep(said(number, { userId: number })));
    }
    expect(ends).toEqual([...Array.from({ length: maxToldAnHour }, () => 'told'), 'stored', 'stored']);
    expect(await store.keep(said(99, { userId: 99, atMs: startMs + 3_600_000 }))).toBe('told');
  });
});
