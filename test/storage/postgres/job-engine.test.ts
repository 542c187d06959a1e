import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { effectLedgerConformance } from '../../conformance/effect-ledger-conformance.ts';
import { jobEngineConformance } from '../../conformance/job-engine-conformance.ts';
import { anyNumber, startMs } from '../../conformance/requests.ts';
import { sharedPromises } from '../../conformance/shared-promises.ts';
import { hasPostgres } from '../../support/postgres-server.ts';
import { aPostgresStore, aSharedStore, engineOf } from './a-store.ts';
import { describe } from 'vitest';

describe.runIf(hasPostgres)('on PostgreSQL', () => {
  sharedPromises('createJobEngine()', (running = anyNumber) => aSharedStore(running));

  jobEngineConformance('createJobEngine()', async (running = anyNumber) => {
    const store = await aPostgresStore();
    const options = { running, time: { nowMs: startMs } };
    return {
      engine: engineOf(store.now(), options),
      reopen: async () => engineOf(await store.reopen(), options),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  });

  effectLedgerConformance('createEffectLedger()', async () => {
    const store = await aPostgresStore();
    const both = () => ({
      engine: engineOf(store.now(), { running: anyNumber, time: { nowMs: startMs } }),
      ledger: createEffectLedger(store.now().database),
    });
    return {
      ...both(),
      reopen: async () => {
        await store.reopen();
        return both();
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  });
});
