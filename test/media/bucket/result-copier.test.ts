import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { jobId } from '../../../src/domain/ids.ts';
import type { BucketFailure, CopyStore, ResultCopy } from '../../../src/domain/media.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { ResultCopier } from '../../../src/media/bucket/result-copier.ts';
import type { Bucket, BucketReply } from '../../../src/media/bucket/s3-bucket.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const taken: BucketReply = { ok: true, body: new Uint8Array() };
const failed = (why: BucketFailure): BucketReply => ({ ok: false, why, detail: 'HTTP 500' });

/** A store in memory, with the promises of the one in the database. */
function aStore(): CopyStore & { readonly states: () => readonly string[]; forget(id: string): void } {
  const rows = new Map<string, ResultCopy & { state: 'upload' | 'kept' | 'delete'; tries: number }>();
  const open = (state: string, atMost: number) =>
    [...rows.values()]
      .filter((row) => row.state === state)
      .toSorted((a, b) => a.tries - b.tries)
      .slice(0, atMost);
  return {
    states: () => [...rows.values()].map(({ jobId: id, state }) => `${id} ${state}`),
    forget: (id) => {
      for (const row of rows.values()) if (row.jobId === id) Object.assign(row, { state: 'delete', tries: 0 });
    },
    add: async (_, copies) => {
      for (const copy of copies) {
        const isKnown = [...rows.values()].some((row) => row.jobId === copy.jobId && row.part === copy.part);
        if (!isKnown) rows.set(copy.key, { ...copy, state: 'upload', tries: 0 });
      }
    },
    toUpload: async (_, atMost) => open('upload', atMost),
    toDelete: async (_, atMost) => open('delete', atMost).map(({ key }) => key),
    begin: async (key) => rows.get(key)?.state === 'upload',
    postpone: async (key) => {
      const row = rows.get(key);
      if (row !== undefined) row.tries += 1;
    },
    uploaded: async (key) => {
      const row = rows.get(key);
      if (row?.state !== 'upload') return false;
      row.state = 'kept';
      return true;
    },
    drop: async (key) => void rows.delete(key),
    kept: async () => [],
    linked: async () => undefined,
    unlinked: async () => [],
  };
}

type Answers = Partial<Record<'put' | 'delete', (key: string, calls: number) => BucketReply | Promise<BucketReply>>>;

function aCopier(answers: Answers = {}) {
  const clock = fakeClock();
  const store = aStore();
  const events: AppEvent[] = [];
  const calls: string[] = [];
  const nameOf = new Map<string, string>();
  const call = async (what: 'put' | 'delete', key: string): Promise<BucketReply> => {
    calls.push(`${what} ${nameOf.get(key) ?? ''}`);
    return (await answers[what]?.(nameOf.get(key) ?? '', calls.length)) ?? taken;
  };
  const bucket: Bucket = {
    put: (key) => call('put', key),
    get: async () => taken,
    delete: (key) => call('delete', key),
  };
  const copier = new ResultCopier({
    settings: {
      endpoint: 'https://minio.example.com',
      bucket: 'pictures',
      region: 'us-east-1',
      accessKeyId: 'id',
      secretAccessKey: new Secret('canary-secret'),
      publicUrl: 'https://cdn.example.com',
      prefix: '',
    },
    store,
    bucket,
    results: { open: async () => ({ bytes: 3, stream: async function* stream() {} }) },
    clock,
    random: () => 0.5,
    emit: (event) => events.push(event),
  });
  const add = async (name: string) => {
    await copier.add(jobId(name), [{ path: `${name}.png`, kind: 'image', mime: 'image/png', bytes: 3 }]);
    const row = (await store.toUpload('', 99)).find((one) => one.jobId === name);
    nameOf.set(row?.key ?? '', name);
  };
  return { copier, clock, store, events, calls, add };
}

const told = (events: readonly AppEvent[]) =>
  events.flatMap((event) =>
    event.event === 'bucket.failing' ? [event.why] : event.event === 'bucket.recovered' ? ['recovered'] : [],
  );

test('nothing is sent before the start, and then at most three files at once', async () => {
  let open = 0;
  let most = 0;
  const put = async () => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
    return taken;
  };
  const { copier, clock, store, calls, add } = aCopier({ put });
  await using _ = copier;
  for (const name of ['a', 'b', 'c', 'd', 'e']) await add(name);
  await clock.advance(1_000);
  expect(calls).toEqual([]);
  copier.start();
  await clock.advance(1_000);
  await clock.advance(1_000);
  expect(store.states().every((state) => state.endsWith('kept'))).toBe(true);
  expect(most).toBe(3);
});

test('a failing bucket is asked by one call at a time, less and less often, and told of once', async () => {
  const { copier, clock, store, events, calls, add } = aCopier({ put: () => failed('credentials') });
  await using _ = copier;
  copier.start();
  for (const name of ['a', 'b', 'c']) await add(name);
  await clock.advance(0);
  const first = calls.length;
  await clock.advance(60_000);
  const inMinute = calls.length;
  await clock.advance(3_600_000);
  expect(first).toBeLessThanOrEqual(3);
  expect(inMinute - first).toBeLessThanOrEqual(8);
  expect(calls.length - inMinute).toBeLessThanOrEqual(25);
  expect(told(events)).toEqual(['credentials']);
  expect(store.states()).toEqual(['a upload', 'b upload', 'c upload']);
});

test('a key that may not delete is told of once, however many files are taken meanwhile', async () => {
  const { copier, clock, store, events, add } = aCopier({ delete: () => failed('forbidden') });
  await using _ = copier;
  copier.start();
  await add('a');
  await clock.advance(1_000);
  store.forget('a');
  for (const name of ['b', 'c', 'd']) {
    copier.wake();
    await add(name);
    await clock.advance(30_000);
  }
  expect(told(events)).toEqual(['forbidden']);
  expect(store.states()).toEqual(['a delete', 'b kept', 'c kept', 'd kept']);
});

test('a bucket that fails by itself for a moment is not worth a word, and the file is taken the next time', async () => {
  let times = 0;
  const put = () => ((times += 1) <= 2 ? failed('overloaded') : taken);
  const { copier, clock, store, events, add } = aCopier({ put });
  await using _ = copier;
  copier.start();
  await add('a');
  await clock.advance(10_000);
  expect(store.states()).toEqual(['a kept']);
  expect(told(events)).toEqual([]);
});

test('a file that fails while others are taken is left out in the end, and one that is too large at once', async () => {
  const put = (name: string) =>
    name === 'film' ? failed('unreachable') : name === 'opera' ? failed('too-large') : taken;
  const { copier, clock, store, events, calls, add } = aCopier({ put });
  await using _ = copier;
  copier.start();
  await add('opera');
  await add('film');
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await add(name);
    await clock.advance(600_000);
  }
  expect(store.states()).toEqual(['a kept', 'b kept', 'c kept', 'd kept', 'e kept']);
  expect(events.flatMap((event) => (event.event === 'copy.refused' ? [event.jobId] : []))).toEqual(['opera', 'film']);
  expect(calls.filter((call) => call === 'put opera')).toHaveLength(1);
});

test('a job that is deleted while its file is on its way leaves nothing behind, and is deleted after it arrived', async () => {
  const { promise, resolve } = Promise.withResolvers<BucketReply>();
  const { copier, clock, store, calls, add } = aCopier({ put: () => promise });
  await using _ = copier;
  copier.start();
  await add('a');
  await clock.advance(0);
  store.forget('a');
  copier.wake();
  await clock.advance(1_000);
  expect(calls).toEqual(['put a']);
  resolve(taken);
  await clock.advance(0);
  expect(calls).toEqual(['put a', 'delete a']);
  expect(store.states()).toEqual([]);
});

test('a job that is deleted before its file is sent is not sent any more', async () => {
  const { copier, clock, store, calls, add } = aCopier();
  await using _ = copier;
  await add('a');
  const begin = store.begin.bind(store);
  Object.assign(store, {
    begin: async (key: string) => {
      store.forget('a');
      return begin(key);
    },
  });
  copier.start();
  await clock.advance(1_000);
  expect(calls).toEqual([]);
  await clock.advance(60_000);
  expect(calls).toEqual(['delete a']);
  expect(store.states()).toEqual([]);
});
