import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createResultStore } from '../../src/media/result-store.ts';
import { resultStoreConformance } from '../conformance/result-store-conformance.ts';

resultStoreConformance('createResultKeeper()', async () => {
  await using opening = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'results-'));
  opening.defer(() => rm(directory, { recursive: true, force: true }));
  const opened = opening.move();
  return {
    open: async () => opened.use(createResultStore({ directory, allowPrivateHosts: [] })),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
});
