import { createInterface } from 'node:readline';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { anEngine } from '../../storage/sqlite/an-engine.ts';
import { claimed } from '../../conformance/requests.ts';

// Claims a job, to make it or to tell of it; once somebody writes a line it acts, as far as its fence lets it.
const [path = '', part = ''] = process.argv.slice(2);
const database = openDatabase({ path });
const engine = anEngine(database);
const undelivered = await engine.delivery.pending();
const claim =
  part === 'tell' && undelivered[0] !== undefined ? await engine.delivery.claim(undelivered[0]) : await claimed(engine);
if (claim === undefined) throw new Error('Cannot act: there is nothing to claim');
// A claim is durable with what is committed next.
await database.commit(function* () {
  // Nothing of its own.
});
process.stdout.write('claimed\n');
for await (const _ of createInterface({ input: process.stdin })) {
  const isHeld = await engine.delivery.holds(claim.lease);
  const isDone =
    part === 'tell'
      ? await engine.delivery.done(claim.lease)
      : await engine.queue.settle(claim.lease, { kind: 'failed', code: 'busy' });
  process.stdout.write(`${isHeld ? 'shows it' : 'shows nothing'}, ${isDone ? 'ends it' : 'ends nothing'}\n`);
}
