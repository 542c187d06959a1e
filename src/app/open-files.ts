import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Emit } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import type { Processes } from '../domain/shared/processes.ts';
import type { PersonalData } from '../domain/users.ts';
import { perKind } from '../domain/kinds.ts';
import type { Clock } from '../kit/clock.ts';
import { createResultStore, type ResultStoreOptions } from '../media/result-store.ts';
import { removeUnfinished } from '../media/unfinished-files.ts';

type FolderOptions = { readonly processes: Processes; readonly clock: Clock; readonly emit: Emit };

/** Opens the folder of the results; what an earlier process left unfinished there is removed. */
export async function openResults(
  { dataDir, mediaAllowPrivateHosts, proxies }: Config,
  options: FolderOptions,
  network: Pick<ResultStoreOptions, 'resolve' | 'dial'> | undefined,
) {
  const directory = join(dataDir, 'results');
  await removeUnfinished(directory, options.processes, options.clock.now());
  const { processes, emit } = options;
  return createResultStore({
    ...network,
    directory,
    allowPrivateHosts: mediaAllowPrivateHosts,
    proxies,
    processes,
    emit,
  });
}

/** Telegram hands over no larger file to a bot. */
const maxInputBytes = 20_000_000;

/** Opens the folder of the pictures that people send with their requests, by the job they belong to. */
export async function openInputs({ dataDir }: Config, { processes, clock, emit }: FolderOptions) {
  const directory = join(dataDir, 'inputs');
  await removeUnfinished(directory, processes, clock.now());
  const limits = { maxBytes: perKind(() => maxInputBytes) };
  return createResultStore({ directory, allowPrivateHosts: [], limits, processes, emit });
}

/** As `data`, but what is made for a program's call is kept while the call runs; what a killed process left of one is not. */
export function keepingFilesOf(calls: { isRunning(id: JobId): boolean } | undefined, data: PersonalData): PersonalData {
  const isOfCall = (id: JobId) => calls?.isRunning(id) === true;
  return {
    ...data,
    exists: async (id) => isOfCall(id) || data.exists(id),
    needsFile: async (id) => isOfCall(id) || data.needsFile(id),
  };
}
