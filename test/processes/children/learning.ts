import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import type { AttemptFailure } from '../../../src/domain/failure.ts';
import type { KeyStore } from '../../../src/domain/key-state.ts';
import { KeyMaintenance } from '../../../src/keys/maintenance/key-maintenance.ts';
import { KeyPool } from '../../../src/keys/pool/key-pool.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createKeyStore } from '../../../src/storage/stores/key-store.ts';
import { learningKeys } from './learning-keys.ts';

// Uses keys for ever, badly, and prints what it saves: each batch before it is saved and again when it is kept.
const database = openDatabase({ path: process.argv[2] ?? '' });
const kept = createKeyStore(database);

/** Written before the process goes on; the reader may be slow. */
function print(line: object): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

let batch = 0;
const store: KeyStore = {
  ...kept,
  save: async (records) => {
    batch += 1;
    const number = batch;
    print({ saving: number, records });
    await kept.save(records);
    print({ saved: number });
  },
};
const clock = systemClock;
const random = Math.random;
const emit = () => undefined;
const pool = new KeyPool({
  keys: learningKeys,
  remembered: await kept.load(),
  strategy: 'round-robin',
  clock,
  random,
  emit,
});
await using _desk = new KeyMaintenance({ pool, providers: new Map(), store, clock, emit });

const failures: readonly AttemptFailure[] = [
  { blame: 'key', reason: 'rate-limited', retryAfterMs: 60_000, detail: '' },
  { blame: 'key', reason: 'rate-limited', detail: '' },
  { blame: 'key', reason: 'concurrency', detail: '' },
  { blame: 'key', reason: 'rejected', detail: '' },
  { blame: 'key', reason: 'out-of-credit', detail: '' },
  { blame: 'provider', reason: 'timed-out', detail: '' },
];
// It will be killed, and would leave nothing of what it compiled to the next one.
flushCompileCache();
for (;;) {
  const answers = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => pool.lease('bytez', { model: 'org/model', job: 'image' }));
  for (const answer of answers) {
    if (answer.kind !== 'seat') {
      // Somebody has to go on: a human wakes the key that cools longest.
      const resting = pool.keys()[Math.floor(random() * learningKeys.length)];
      if (resting !== undefined) pool.note(resting.key.id, { kind: 'wake' });
      continue;
    }
    const failure = random() < 0.3 ? failures[Math.floor(random() * failures.length)] : undefined;
    const call = { ms: 50, model: 'org/model', job: 'image' } as const;
    answer.lease.release(failure === undefined ? { kind: 'succeeded', ...call } : { kind: 'failed', failure, ...call });
  }
  await setImmediate();
}
