import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Emit } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import type { PersonalData } from '../domain/users.ts';
import { perKind } from '../domain/kinds.ts';
import { removeUnfinished } from '../media/remove-unfinished.ts';
import { createResultStore, type ResultStoreOptions } from '../media/result-store.ts';

type FolderOptions = { readonly emit: Emit; readonly nowMs: number };

/** No download takes so long. */
const abandonedMs = 3_600_000;

/** Other processes of the bot may be at work in the folder. */
function unfinishedBefore(databaseUrl: Config['databaseUrl'], nowMs: number): number | undefined {
  return databaseUrl === undefined ? undefined : nowMs - abandonedMs;
}

/** Opens the folder of the results; what an earlier process left unfinished there is removed. */
export async function openResults(
  { dataDir, databaseUrl, mediaAllowPrivateHosts, proxies }: Config,
  { emit, nowMs }: FolderOptions,
  network: Pick<ResultStoreOptions, 'resolve' | 'dial'> | undefined,
) {
  const directory = join(dataDir, 'results');
  await removeUnfinished(directory, unfinishedBefore(databaseUrl, nowMs));
  return createResultStore({ ...network, directory, allowPrivateHosts: mediaAllowPrivateHosts, proxies, emit });
}

/** Telegram hands over no larger file to a bot. */
const maxInputBytes = 20_000_000;

/** Opens the folder of the pictures that people send with their requests, by the job they belong to. */
export async function openInputs({ dataDir, databaseUrl }: Config, { emit, nowMs }: FolderOptions) {
  const directory = join(dataDir, 'inputs');
  await removeUnfinished(directory, unfinishedBefore(databaseUrl, nowMs));
  const limits = { maxBytes: perKind(() => maxInputBytes) };
  return createResultStore({ directory, allowPrivateHosts: [], limits, emit });
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
