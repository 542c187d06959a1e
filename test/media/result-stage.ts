import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { buildConnector } from 'undici';
import { expect } from 'vitest';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import { jobId } from '../../src/domain/ids.ts';
import type { JobKind } from '../../src/domain/kinds.ts';
import type { Downloaded } from '../../src/domain/media.ts';
import type { Resolve } from '../../src/media/connector.ts';
import { createResultStore, type ResultStoreOptions } from '../../src/media/result-store.ts';

export const publicAddress = '93.184.216.34';

/** A network in which every name leads to a public address, and on which nothing may be dialled. */
export function forbiddenNetwork(addresses: readonly string[] = [publicAddress]) {
  const asked: string[] = [];
  const dialled: string[] = [];
  const resolve: Resolve = async (hostname) => {
    asked.push(hostname);
    return addresses;
  };
  const dial: buildConnector.connector = ({ hostname }, callback) => {
    dialled.push(hostname);
    callback(Object.assign(new Error('Nothing may be dialled'), { code: 'ECONNREFUSED' }), null);
  };
  return { resolve, dial, asked, dialled };
}

/** Leads every connection to one server of this machine, as if it stood at the address that was dialled. */
export function networkOf(server: { readonly host: string }, real: buildConnector.connector) {
  const dialled: string[] = [];
  const [hostname = '', port = ''] = server.host.split(':');
  const dial: buildConnector.connector = (target, callback) => {
    dialled.push(target.hostname);
    real({ ...target, hostname, host: server.host, port }, (error, socket) => {
      if (error !== null) return callback(error, null);
      Object.defineProperty(socket, 'remoteAddress', { value: target.hostname });
      return callback(null, socket);
    });
  };
  return { dial, dialled };
}

/** Keeps results in a folder of its own; answers what becomes of each and what is then on the disk. */
export async function aKeeper(options: Partial<ResultStoreOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'results-'));
  const resultStore = createResultStore({ allowPrivateHosts: [], ...options, directory });
  const { signal } = new AbortController();
  return {
    keep: async (url: string, kind: JobKind = 'image') => {
      const kept = await resultStore.download({ kind: 'url', url }, kind, jobId('tg-1-2'), signal);
      return { kept, left: await readdir(directory) };
    },
    [Symbol.asyncDispose]: async () => {
      await resultStore[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

/** What becomes of a result at this address, and what is left on the disk of it. */
export async function keep(url: string, options: Partial<ResultStoreOptions> = {}, kind: JobKind = 'image') {
  await using resultStore = await aKeeper(options);
  return await resultStore.keep(url, kind);
}

/** Refused, and nothing is left on the disk. */
export function refused(
  reason: AttemptFailure['reason'],
  retryable = false,
): { kept: Downloaded; left: readonly string[] } {
  const failure = { blame: 'provider', reason, detail: expect.any(String) as unknown } as AttemptFailure;
  return { kept: { ok: false, failure, retryable }, left: [] };
}

export const forbidden = refused('result-forbidden');
