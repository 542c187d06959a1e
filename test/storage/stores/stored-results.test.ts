import { expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import type { Outcome, ResultPayload } from '../../../src/domain/job.ts';
import { undeliveredResults } from '../../../src/storage/stores/checks.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { accepted, claimed } from '../../conformance/requests.ts';
import { onBothEngines, type TestedEngine } from '../on-both-engines.ts';

function fileOf(part: number) {
  return { path: `/results/${part}.png`, kind: 'image', mime: 'image/png', bytes: 9, width: 3, height: 3 } as const;
}

async function settled({ open }: TestedEngine, payload: ResultPayload) {
  const store = await open();
  const { database } = store;
  const engine = anEngine(database);
  await accepted(engine, { updateId: 1 });
  const outcome: Outcome = { kind: 'result', payload, model: 'fox' };
  await engine.queue.settle((await claimed(engine)).lease, outcome);
  return {
    undelivered: () => database.read(() => undeliveredResults(database)),
    change: store.change,
    engine,
    outcome,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

onBothEngines((tested) => {
  test.each<readonly [ResultPayload, readonly string[]]>([
    [{ kind: 'file', file: fileOf(1) }, ['/results/1.png']],
    [
      { kind: 'files', files: [fileOf(1), fileOf(2), fileOf(3)] },
      ['/results/1.png', '/results/2.png', '/results/3.png'],
    ],
    [{ kind: 'text', text: 'a <fox>' }, []],
  ])('a result is read as it was written: %o', async (payload, paths) => {
    await using stage = await settled(tested, payload);
    expect((await stage.engine.reader.find(jobId('tg-1')))?.state).toEqual({ kind: 'ended', outcome: stage.outcome });
    expect(await stage.undelivered()).toEqual(paths);
  });

  test('a result that an earlier version wrote, its file beside the model, is read and delivered', async () => {
    await using stage = await settled(tested, { kind: 'file', file: fileOf(1) });
    const before = JSON.stringify({ kind: 'result', file: fileOf(1), model: 'fox' });
    await stage.change('UPDATE jobs SET outcome = ?', before);
    expect((await stage.engine.delivery.claim(jobId('tg-1')))?.job.state).toEqual({
      kind: 'ended',
      outcome: stage.outcome,
    });
    expect(await stage.undelivered()).toEqual(['/results/1.png']);
  });
});
