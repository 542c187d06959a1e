import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { OpenedResult, ResultStore } from '../../src/domain/media.ts';
import { aPng } from '../media/sample-files.ts';

/** A place for results, and stores over it as processes open them. */
export type StoresUnderTest = AsyncDisposable & { open(): Promise<ResultStore> };

const { signal } = new AbortController();
const id = jobId('tg-1');

async function keepPng(store: ResultStore, width: number, part = 0, of = id): Promise<void> {
  const kept = await store.download({ kind: 'bytes', bytes: aPng(width, 3) }, 'image', of, signal, part);
  if (!kept.ok) throw new Error(`Cannot keep the picture: ${kept.failure.detail}`);
}

async function bytesOf(opened: OpenedResult | undefined): Promise<Buffer> {
  if (opened === undefined) throw new Error('Cannot read: there is nothing');
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const widthOf = (png: Buffer) => png.readUInt32BE(16);

/** Registers the tests that every ResultStore has to pass. */
export function resultStoreConformance(name: string, makeStores: () => Promise<StoresUnderTest>): void {
  test(`${name} opens by its job alone what was kept, whole, as often as it is wanted`, async () => {
    await using stores = await makeStores();
    const store = await stores.open();
    await keepPng(store, 5);
    const opened = await store.open(id);
    const [once, twice] = [await bytesOf(opened), await bytesOf(opened)];
    expect(widthOf(once)).toBe(5);
    expect(once.equals(twice)).toBe(true);
    expect(opened?.bytes).toBe(once.byteLength);
    expect(await store.find('image', id)).toMatchObject({ mime: 'image/png', width: 5, bytes: once.byteLength });
  });

  test(`${name} keeps the files of a result apart, and jobs whose ids look alike`, async () => {
    await using stores = await makeStores();
    const store = await stores.open();
    const others = ['tg-1.2', 'tg/1', 'tg-1-2'].map((name) => jobId(name));
    for (const part of [0, 1, 2]) await keepPng(store, 10 + part, part);
    for (const [index, other] of others.entries()) await keepPng(store, 20 + index, 0, other);
    const widths = [];
    for (const part of [0, 1, 2]) widths.push(widthOf(await bytesOf(await store.open(id, part))));
    for (const other of others) widths.push(widthOf(await bytesOf(await store.open(other))));
    expect(widths).toEqual([10, 11, 12, 20, 21, 22]);
    expect(await store.open(id, 3)).toBeUndefined();
    expect(await store.list()).toContain(id);
  });

  test(`${name} opens nothing of what was never kept, was refused or is removed`, async () => {
    await using stores = await makeStores();
    const store = await stores.open();
    expect(await store.open(id)).toBeUndefined();
    const refused = { kind: 'bytes', bytes: Buffer.from('no picture') } as const;
    expect((await store.download(refused, 'image', id, signal)).ok).toBe(false);
    expect(await store.open(id)).toBeUndefined();
    for (const part of [0, 1]) await keepPng(store, 5, part);
    expect(await store.remove(id)).toBe(true);
    expect([await store.open(id), await store.open(id, 1), await store.find('image', id)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([await store.remove(id), await store.list()]).toEqual([false, []]);
  });

  test(`${name} fails while it is read, and not before, when the file has gone since it was opened`, async () => {
    await using stores = await makeStores();
    const store = await stores.open();
    await keepPng(store, 5);
    const opened = await store.open(id);
    await store.remove(id);
    await expect(bytesOf(opened)).rejects.toBeInstanceOf(Error);
  });

  test(`${name} keeps the newest of two results of one job`, async () => {
    await using stores = await makeStores();
    const store = await stores.open();
    await keepPng(store, 5);
    await keepPng(store, 6);
    expect(widthOf(await bytesOf(await store.open(id)))).toBe(6);
  });

  test(`${name} lets another process open what this one has kept, and sees what that one removes`, async () => {
    await using stores = await makeStores();
    const [here, there] = [await stores.open(), await stores.open()];
    await keepPng(here, 7);
    expect(widthOf(await bytesOf(await there.open(id)))).toBe(7);
    await there.remove(id);
    expect(await here.open(id)).toBeUndefined();
  });
}
