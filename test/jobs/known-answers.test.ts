import { expect, test } from 'vitest';
import { anAnswerStage, file, id, url } from './answer-stage.ts';

const done = {
  kind: 'ended',
  attempts: 0,
  calls: 1,
  outcome: { kind: 'result', payload: { kind: 'file', file }, model: 'fox' },
};

test('GenerationService keeps what was answered before it fetches the result, and nothing of it afterwards', async () => {
  using stage = anAnswerStage();
  stage.script.push('hangs');
  await stage.open();
  await stage.ask();
  expect(stage.fetched).toEqual([url]);
  expect(JSON.parse(String(stage.answer()))).toEqual({ model: 'fox', url });
  expect(await stage.engine.reader.trailOf(id)).toMatchObject([{ call: 1, ending: { kind: 'answered' } }]);
  await stage.dieAndOpen();
  expect(await stage.state()).toEqual(done);
  expect(stage.answer()).toBeNull();
});

test('GenerationService goes on from a known answer without a key, and asks nobody again', async () => {
  using stage = anAnswerStage();
  stage.script.push('hangs');
  await stage.open();
  await stage.ask();
  await stage.dieAndOpen(0);
  expect(await stage.state()).toEqual(done);
  expect([stage.asked(), stage.fetched]).toEqual([1, [url, url]]);
});

test('GenerationService uses a file that was written before the process died, though its address is gone', async () => {
  using stage = anAnswerStage();
  stage.script.push('hangs');
  await stage.open();
  await stage.ask();
  stage.onDisk.add(id);
  stage.script.push('is useless');
  await stage.dieAndOpen();
  expect(await stage.state()).toEqual(done);
  expect(stage.fetched).toHaveLength(1);
});

test('GenerationService removes what an earlier job of the same id left before it keeps an answer', async () => {
  using stage = anAnswerStage();
  await stage.open();
  await stage.ask();
  const earlier = await stage.engine.delivery.claim(id);
  expect(earlier && (await stage.engine.delivery.done(earlier.lease))).toBe(true);
  expect(stage.removed).toEqual([]);
  // Telegram's numbers of updates begin again after a week.
  stage.database.runNow('UPDATE jobs SET told_at_ms = told_at_ms - ?', 8 * 86_400_000);
  stage.script.push('hangs');
  await stage.ask();
  expect(stage.removed).toEqual([id]);
  await stage.dieAndOpen();
  expect(stage.fetched).toHaveLength(3);
});

test('GenerationService asks again when the answer was the result itself and went with the process', async () => {
  using stage = anAnswerStage({ ok: true, source: { kind: 'bytes', bytes: new Uint8Array(9) } });
  stage.script.push('hangs');
  await stage.open();
  await stage.ask();
  await stage.dieAndOpen();
  await stage.clock.advance(10);
  expect(await stage.state()).toEqual({ ...done, calls: 2 });
  expect(stage.asked()).toBe(2);
});

test('GenerationService spends an attempt when a known answer comes to nothing, and forgets it', async () => {
  using stage = anAnswerStage();
  stage.script.push('hangs');
  await stage.open();
  await stage.ask();
  stage.script.push('is useless');
  await stage.dieAndOpen();
  expect(await stage.state()).toMatchObject({ kind: 'waiting', attempts: 1, calls: 1 });
  expect(stage.answer()).toBeNull();
  await stage.clock.advance(10_000);
  expect(await stage.state()).toEqual({ ...done, attempts: 1, calls: 2 });
});

test('GenerationService that closes while it fetches leaves the answer to the next process', async () => {
  using stage = anAnswerStage();
  stage.script.push('hangs');
  const { service } = await stage.open();
  await stage.ask();
  expect(await service.drain(AbortSignal.abort())).toBe(1);
  expect(await stage.state()).toMatchObject({ kind: 'waiting', attempts: 0, calls: 1 });
  await stage.open(0);
  await stage.clock.advance(0);
  expect(await stage.state()).toEqual(done);
  expect(stage.asked()).toBe(1);
});

test('GenerationService shows nothing of a result whose job was cancelled while it was fetched', async () => {
  using stage = anAnswerStage();
  stage.script.push('hangs');
  const { service } = await stage.open();
  await stage.ask();
  await service.cancel(id, 7);
  await stage.clock.advance(0);
  expect(await stage.state()).toMatchObject({ kind: 'ended', outcome: { kind: 'cancelled' } });
  expect(stage.answer()).toBeNull();
  await stage.dieAndOpen();
  expect(stage.fetched).toHaveLength(1);
});

test('GenerationService keeps no file for somebody who was forgotten while it was fetched', async () => {
  using stage = anAnswerStage();
  stage.script.push('takes a second');
  await stage.open();
  await stage.ask();
  stage.database.runNow('DELETE FROM jobs');
  await stage.clock.advance(1_000);
  expect([...stage.onDisk]).toEqual([]);
});

test('GenerationService takes a job up again after something that no rule foresees, and ends it with its deadline', async () => {
  using stage = anAnswerStage();
  stage.script.push(new Error('a bug'), new Error('a bug'));
  await stage.open();
  await stage.ask();
  expect(stage.events).toContainEqual({ event: 'app.error', what: 'run job tg-1', error: new Error('a bug') });
  await stage.clock.advance(4_999);
  expect(stage.fetched).toHaveLength(1);
  await stage.clock.advance(5_001);
  expect(await stage.state()).toEqual(done);
  expect([stage.asked(), stage.fetched.length]).toEqual([1, 3]);
});

test('GenerationService does not try for ever what fails by a bug', async () => {
  using stage = anAnswerStage();
  stage.script.push(...Array.from({ length: 1_000 }, () => new Error('a bug')));
  await stage.open();
  await stage.ask();
  await stage.clock.advance(610_000);
  expect(await stage.state()).toMatchObject({ kind: 'ended', outcome: { kind: 'failed', code: 'stopped' } });
  expect(stage.fetched.length).toBeLessThan(130);
});

test('GenerationService keeps an ending in mind until the ledger takes it, and says so once', async () => {
  using stage = anAnswerStage();
  await stage.open();
  const willing = { ...stage.engine.queue };
  let refusals = 3;
  const refusal = new Error('the disk is full');
  Object.assign(stage.engine.queue, {
    settle: async (...given: Parameters<typeof willing.settle>) => {
      if ((refusals -= 1) >= 0) throw refusal;
      return willing.settle(...given);
    },
  });
  await stage.ask();
  expect(await stage.state()).toMatchObject({ kind: 'running' });
  await stage.clock.advance(3_000);
  expect(await stage.state()).toEqual(done);
  expect([stage.asked(), stage.fetched.length]).toEqual([1, 1]);
  expect(stage.events.filter(({ event }) => event === 'app.error')).toEqual([
    { event: 'app.error', what: 'keep how job tg-1 ended', error: refusal },
  ]);
});

test('GenerationService that closes while the ledger refuses waits for nothing', async () => {
  using stage = anAnswerStage();
  const { service } = await stage.open();
  Object.assign(stage.engine.queue, { settle: () => Promise.reject(new Error('the disk is full')) });
  await stage.ask();
  expect(await service.drain(AbortSignal.abort())).toBe(1);
  expect(await stage.state()).toMatchObject({ kind: 'waiting', attempts: 0 });
});
