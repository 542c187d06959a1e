import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { anEngine } from '../../storage/sqlite/an-engine.ts';
import { aRequest, roomy } from '../../conformance/requests.ts';

// Accepts jobs for ever and prints the id of each one once it is kept.
const engine = anEngine(openDatabase({ path: process.argv[2] ?? '' }));
for (let updateId = 1; ; updateId += 1) {
  const answer = await engine.queue.accept(aRequest({ updateId }), roomy);
  if (answer.kind === 'accepted') process.stdout.write(`${answer.job.id}\n`);
}
