import { expect, test } from 'vitest';
import { fakeClock } from '../../support/fake-clock.ts';
import type { BytezSandbox } from '../../../sandbox/bytez/bytez-sandbox.ts';
import { aSandbox, chatModel, imageModel, post, troubled, until } from './ask.ts';

const fox = { text: 'a fox' };

function running(sandbox: BytezSandbox): number {
  return sandbox.calls.filter((call) => call.prompt !== undefined && call.endedAtMs === undefined).length;
}

test('a second run during the first is rejected at once', async () => {
  await using sandbox = await aSandbox();
  const hold = sandbox.hold();
  const first = post(sandbox, imageModel, fox);
  await until(sandbox, () => running(sandbox) === 1);
  const second = await post(sandbox, imageModel, fox);
  const other = post(sandbox, imageModel, fox, { authorization: 'Key key-of-bob' });
  hold.release();
  expect(second.status).toBe(429);
  expect(await second.json()).toEqual({
    error: expect.stringMatching(/^Rejected: your plan allows for 1 concurrency /) as string,
    output: null,
  });
  expect([(await first).status, (await other).status]).toEqual([200, 200]);
  expect([sandbox.maxInFlight('ann'), sandbox.maxInFlight('bob')]).toEqual([2, 1]);
});

test('an account with more seats accepts more runs at once', async () => {
  await using sandbox = await aSandbox({ accounts: [{ name: 'ann', key: 'key-of-ann', seats: 2 }] });
  const hold = sandbox.hold();
  const early = [post(sandbox, imageModel, fox), post(sandbox, chatModel, fox)];
  await until(sandbox, () => running(sandbox) === 2);
  const third = await post(sandbox, imageModel, fox);
  hold.release();
  expect((await third.text()).includes('allows for 2 concurrency')).toBe(true);
  expect((await Promise.all(early)).map((response) => response.status)).toEqual([200, 200]);
});

test('a seat is free again when its response has been read', async () => {
  await using sandbox = await aSandbox();
  const statuses: number[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    const response = await post(sandbox, imageModel, fox);
    await response.text();
    statuses.push(response.status);
  }
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(sandbox.maxInFlight('ann')).toBe(1);
});

test('a run waits until every hold is released', async () => {
  await using sandbox = await aSandbox();
  const holds = [sandbox.hold(), sandbox.hold()];
  const run = post(sandbox, imageModel, fox);
  await until(sandbox, () => running(sandbox) === 1);
  holds[0]?.release();
  const other = await post(sandbox, 'no/model', fox, { authorization: 'Key key-of-bob' });
  expect([other.status, running(sandbox)]).toEqual([404, 1]);
  holds[1]?.release();
  expect((await run).status).toBe(200);
});

test.each(['hold', 'hang'] as const)(
  'a client that disconnects during a %s is noticed and frees its seat',
  async (way) => {
    await using sandbox = await (way === 'hang' ? troubled({ kind: 'hang' }, { when: { times: 1 } }) : aSandbox());
    const hold = way === 'hold' ? sandbox.hold() : undefined;
    const stop = new AbortController();
    const run = post(sandbox, imageModel, fox, { signal: stop.signal });
    await until(sandbox, () => running(sandbox) === 1);
    stop.abort();
    await expect(run).rejects.toThrow('aborted');
    await until(sandbox, () => sandbox.calls[0]?.aborted === true);
    hold?.release();
    expect(sandbox.calls[0]?.status).toBeUndefined();
    expect(sandbox.calls[0]?.endedAtMs).toBeTypeOf('number');
    expect((await post(sandbox, imageModel, fox)).status).toBe(200);
  },
);

test('an abandoned run keeps its seat for the configured time', async () => {
  const clock = fakeClock();
  await using sandbox = await aSandbox({ clock, abandonedSeatMs: 30_000 });
  const hold = sandbox.hold();
  const stop = new AbortController();
  const run = post(sandbox, imageModel, fox, { signal: stop.signal });
  await until(sandbox, () => running(sandbox) === 1);
  stop.abort();
  await expect(run).rejects.toThrow('aborted');
  await until(sandbox, () => sandbox.calls[0]?.aborted === true);
  hold.release();
  expect((await post(sandbox, imageModel, fox)).status).toBe(429);
  await clock.advance(30_000);
  expect((await post(sandbox, imageModel, fox)).status).toBe(200);
});

test('closing the sandbox ends hanging requests', async () => {
  const sandbox = await troubled({ kind: 'hang' });
  const run = post(sandbox, imageModel, fox);
  await until(sandbox, () => running(sandbox) === 1);
  await sandbox[Symbol.asyncDispose]();
  await expect(run).rejects.toThrow('fetch failed');
});

test('onChange() stops when it is disposed', async () => {
  await using sandbox = await aSandbox();
  let heard = 0;
  const listening = sandbox.onChange(() => (heard += 1));
  await post(sandbox, imageModel, fox);
  listening[Symbol.dispose]();
  const before = heard;
  await post(sandbox, imageModel, fox);
  expect([before, heard]).toEqual([3, before]);
});
