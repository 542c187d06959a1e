import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { aRequest, claimed, startMs } from '../../conformance/requests.ts';
import { anEngine } from './an-engine.ts';
import { scratch } from './scratch.ts';

const dayMs = 86_400_000;

test('createPersonalData() overwrites what it deletes', async () => {
  using place = scratch();
  const words = 'an-unmistakable-private-wish';
  {
    using database = openDatabase({ path: place.file });
    const [engine, data] = [anEngine(database), createPersonalData(database)];
    const request = { ...aRequest({ updateId: 1 }), prompt: `${words} `.repeat(40) };
    await engine.queue.accept(request, { waiting: 9, perDay: -1 });
    const { lease, job } = await claimed(engine);
    await engine.queue.settle(lease, { kind: 'failed', code: 'busy' });
    const telling = await engine.delivery.claim(job.id);
    if (telling === undefined) throw new Error('Cannot tell the outcome: nobody may');
    await engine.delivery.done(telling.lease);
    await data.mark(request.origin.userId, startMs);
    await data.drop([job.id], startMs + dayMs);
  }
  expect(readFileSync(place.file, 'latin1')).not.toContain(words);
});

test('createPersonalData() deletes fifty jobs among 20,000 in a few milliseconds', async () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  const data = createPersonalData(database);
  database.script(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO jobs (id, update_id, kind, prompt, lane, locale, chat_id, chat_type, user_id, message_id, line, state,
      round, ready_at_ms, accepted_at_ms, ended_at_ms, told_at_ms, outcome)
    SELECT 'tg-' || i, i, 'image', 'a red fox in the snow, number ' || i, 'free', 'en', i % 500, 'private', i % 500, i,
      'bytez', 'told', i, 0, 0, 0, i, '{"kind":"cancelled"}' FROM n;
    INSERT INTO credits (job_id, user_id, kind, day) SELECT id, user_id, kind, 0 FROM jobs;
    INSERT INTO effects (job_id, effect, note) SELECT id, 'result', '5' FROM jobs;
    INSERT INTO calls (job_id, call, fence, trail) SELECT id, 1, 1, '{}' FROM jobs`);
  const steps: number[] = [];
  const timed = async <Result>(work: () => Promise<Result>) => {
    const before = performance.now();
    const done = await work();
    steps.push(performance.now() - before);
    return done;
  };
  for (let round = 0; round < 20; round += 1) {
    const ids = await timed(() => data.expired(10_000, 50));
    await timed(() => data.drop(ids, startMs));
  }
  expect(database.allNow('SELECT id FROM jobs')).toHaveLength(19_000);
  expect(steps.toSorted((a, b) => a - b)[Math.floor(steps.length * 0.9)]).toBeLessThan(50);
});
