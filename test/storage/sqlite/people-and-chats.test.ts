import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { effectLedgerConformance } from '../../conformance/effect-ledger-conformance.ts';
import { anEngine } from './an-engine.ts';
import { scratch } from './scratch.ts';

effectLedgerConformance('createEffectLedger()', async () => {
  const place = scratch();
  let database = openDatabase({ path: place.file });
  const both = () => ({ engine: anEngine(database), ledger: createEffectLedger(database) });
  return {
    ...both(),
    reopen: async () => {
      database[Symbol.dispose]();
      database = openDatabase({ path: place.file });
      return both();
    },
    [Symbol.asyncDispose]: async () => {
      database[Symbol.dispose]();
      place[Symbol.dispose]();
    },
  };
});
