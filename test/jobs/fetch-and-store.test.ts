import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import { perKind } from '../../src/domain/kinds.ts';
import type { Downloaded, MediaFile, MediaSource, ResultDownloader } from '../../src/domain/media.ts';
import type { ReplySource } from '../../src/domain/provider.ts';
import { fetchKnownResult, fetchAndStore, knownAnswer } from '../../src/jobs/fetch-result.ts';
import { modelTraits } from '../../src/providers/registry.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aJob } from '../support/builders.ts';

const { signal } = new AbortController();
const progress = { candidate: 0, attempts: 0, calls: 1 };
const bytes: MediaSource = { kind: 'bytes', bytes: new Uint8Array(9) };
const at = (name: string): MediaSource => ({ kind: 'url', url: `https://cdn.example/${name}` });
const lostFile = {
  ok: false,
  failure: { blame: 'provider', reason: 'result-unavailable', detail: 'no picture' },
  retryable: false,
} as const satisfies Downloaded;
/** The model makes what nobody can use. */
const useless = {
  ...lostFile,
  failure: { blame: 'provider', reason: 'result-unusable', detail: 'expected a image, got audio/mpeg' },
} as const satisfies Downloaded;

function fileOf(part: number): MediaFile {
  return { path: `results/job-tg-1.${part}.png`, kind: 'image', mime: 'image/png', bytes: 9 };
}

/** The parts of one result on a disk; what has an address in `lost` cannot be had. */
function aStage({
  onDisk = 0,
  lost = [],
  failure = lostFile,
  models = ['fox'],
}: {
  readonly onDisk?: number;
  readonly lost?: readonly string[];
  readonly failure?: Downloaded;
  readonly models?: readonly [string, ...string[]];
} = {}) {
  const clock = fakeClock();
  const disk = new Map<number, MediaFile>(Array.from({ length: onDisk }, (_, part) => [part, fileOf(part)]));
  const fetched: (readonly [string, number])[] = [];
  const resultStore: ResultDownloader = {
    find: async (_kind, _id, part = 0) => disk.get(part),
    remove: async () => false,
    download: async (source, _kind, _id, _signal, part = 0) => {
      const name = source.kind === 'url' ? new URL(source.url).pathname.slice(1) : 'bytes';
      fetched.push([name, part]);
      if (lost.includes(name)) return failure;
      disk.set(part, fileOf(part));
      return { ok: true, file: fileOf(part) };
    },
  };
  const job = aJob({ progress, acceptedAtMs: clock.now() });
  const [first, ...others] = models.map((model) => ({ provider: 'bytez', model }));
  const chain = [first ?? { provider: 'bytez', model: 'fox' }, ...others] as const;
  const tools = {
    resultStore,
    clock,
    random: () => 0.5,
    emit: (_event: AppEvent) => undefined,
    chains: perKind(() => chain),
    models: modelTraits,
    rules: { maxAttempts: 3, delayMs: 2_000 },
    deadlineMs: perKind(() => 600_000),
  };
  return { fetched, job, tools };
}

function ended(payload: unknown) {
  return { kind: 'ended', outcome: { kind: 'result', payload, model: 'fox' }, calls: 1 };
}

test('bringResult() brings every file of a result, in order, each as its own part', async () => {
  const { job, tools, fetched } = aStage();
  const source: ReplySource = { kind: 'files', sources: [at('one'), bytes, at('three')] };
  const ending = await fetchAndStore(job, { model: 'fox', source, progress }, signal, tools);
  expect(ending).toEqual(ended({ kind: 'files', files: [fileOf(0), fileOf(1), fileOf(2)] }));
  expect(fetched).toEqual([
    ['one', 0],
    ['bytes', 1],
    ['three', 2],
  ]);
});

test('bringResult() calls a list of one file a file', async () => {
  const { job, tools } = aStage();
  const source: ReplySource = { kind: 'files', sources: [at('one')] };
  expect(await fetchAndStore(job, { model: 'fox', source, progress }, signal, tools)).toEqual(
    ended({ kind: 'file', file: fileOf(0) }),
  );
});

test('bringResult() takes no part of a result for the whole', async () => {
  const { job, tools } = aStage({ lost: ['two'] });
  const source: ReplySource = { kind: 'files', sources: [at('one'), at('two'), at('three')] };
  const ending = await fetchAndStore(job, { model: 'fox', source, progress }, signal, tools);
  expect(ending).toMatchObject({
    kind: 'parked',
    park: { reason: 'backing-off', progress: { attempts: 1 } },
    after: { failure: lostFile.failure, model: 'fox', call: 1 },
  });
});

test('bringResult() asks the next model at once for what the last one cannot make, and ends without a next one', async () => {
  const source: ReplySource = { kind: 'url', url: 'https://cdn.example/one' };
  const after = { failure: useless.failure, model: 'fox', call: 1 };
  const two = aStage({ lost: ['one'], failure: useless, models: ['fox', 'hare'] });
  expect(await fetchAndStore(two.job, { model: 'fox', source, progress }, signal, two.tools)).toEqual({
    kind: 'parked',
    park: {
      line: 'bytez',
      readyAtMs: two.tools.clock.now(),
      reason: 'next-candidate',
      progress: { candidate: 1, attempts: 0, calls: 1 },
    },
    after,
  });
  const one = aStage({ lost: ['one'], failure: useless });
  expect(await fetchAndStore(one.job, { model: 'fox', source, progress }, signal, one.tools)).toEqual({
    kind: 'ended',
    outcome: { kind: 'failed', code: 'result-unavailable' },
    calls: 1,
    after,
  });
});

test('bringResult() fetches nothing for words', async () => {
  const { job, tools, fetched } = aStage();
  const source: ReplySource = { kind: 'text', text: 'a <b>fox</b>' };
  expect(await fetchAndStore(job, { model: 'fox', source, progress }, signal, tools)).toEqual(ended(source));
  expect(fetched).toEqual([]);
});

test.each<readonly [ReplySource, object]>([
  [at('one'), { url: 'https://cdn.example/one' }],
  [bytes, {}],
  [{ kind: 'text', text: 'words' }, { text: 'words' }],
  [{ kind: 'files', sources: [at('one')] }, { url: 'https://cdn.example/one' }],
  [
    { kind: 'files', sources: [at('one'), bytes, at('three')] },
    { url: 'https://cdn.example/one', further: [null, 'https://cdn.example/three'] },
  ],
  [{ kind: 'files', sources: [bytes, at('two')] }, { further: ['https://cdn.example/two'] }],
])('knownAnswer() remembers of %o what can be had again', (source, remembered) => {
  expect(knownAnswer('fox', source)).toEqual({ model: 'fox', ...remembered });
});

test('fetchKnownResult() fetches only the files that are not on the disk', async () => {
  const { job, tools, fetched } = aStage({ onDisk: 2 });
  const source: ReplySource = { kind: 'files', sources: [bytes, at('two'), at('three')] };
  expect(await fetchKnownResult(job, knownAnswer('fox', source), signal, tools)).toEqual(
    ended({ kind: 'files', files: [fileOf(0), fileOf(1), fileOf(2)] }),
  );
  expect(fetched).toEqual([['three', 2]]);
});

test('fetchKnownResult() gives files the titles of their provider, those on the disk too', async () => {
  const { job, tools } = aStage({ onDisk: 1 });
  const named = (name: string): MediaSource => ({ ...at(name), title: `Song ${name}` });
  const source: ReplySource = { kind: 'files', sources: [named('one'), at('two')] };
  const known = knownAnswer('fox', source);
  expect(known).toMatchObject({ titles: ['Song one', null] });
  expect(await fetchKnownResult(job, known, signal, tools)).toEqual(
    ended({ kind: 'files', files: [{ ...fileOf(0), title: 'Song one' }, fileOf(1)] }),
  );
});

test('fetchKnownResult() has it made again where a missing file was in the answer itself', async () => {
  const { job, tools, fetched } = aStage({ onDisk: 1 });
  const source: ReplySource = { kind: 'files', sources: [at('one'), bytes, at('three')] };
  expect(await fetchKnownResult(job, knownAnswer('fox', source), signal, tools)).toMatchObject({
    kind: 'parked',
    park: { reason: 'backing-off', progress },
  });
  expect(fetched).toEqual([]);
});

test('fetchKnownResult() has the words of an answer without the disk', async () => {
  const { job, tools } = aStage();
  const known = knownAnswer('fox', { kind: 'text', text: 'words' });
  expect(await fetchKnownResult(job, known, signal, tools)).toEqual(ended({ kind: 'text', text: 'words' }));
});
