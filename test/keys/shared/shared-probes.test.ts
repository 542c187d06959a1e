import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { KeyStore } from '../../../src/domain/key-state.ts';
import type { ProbeReply, Provider } from '../../../src/domain/provider.ts';
import { openKeys } from '../../../src/keys/open-keys.ts';
import type { ProviderKey } from '../../../src/keys/sources/read-keys.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { virtualClock } from '../../../src/kit/virtual-clock.ts';
import { fail, failures } from '../../support/a-pool.ts';
import { MemorySharedKeys } from '../../support/memory-shared-keys.ts';

const key: ProviderKey = { provider: 'bytez', place: 1, secret: new Secret('one-key-of-a-provider'), weight: 1 };
const store: KeyStore = { load: async () => [], save: async () => undefined, salt: async () => 'salt' };
const accepted: ProbeReply = { ok: true };
const refused: ProbeReply = { ok: false, failure: { blame: 'key', reason: 'rejected', detail: '' } };

/** Processes with one key, whose provider answers each probe after a second. */
function someProcesses() {
  const clock = virtualClock(undefined, () => turn());
  const shared = new MemorySharedKeys(clock);
  const world = { answer: refused, probes: 0 };
  const provider = {
    name: 'bytez',
    probe: async (_secret: unknown, signal: AbortSignal) => {
      world.probes += 1;
      await clock.sleep(1_000, signal);
      return world.answer;
    },
  } as unknown as Provider;
  const open = async (more: { readonly testOnStart?: boolean; readonly checkEveryMs?: number } = {}) => {
    const wire = shared.connect();
    const keys = await openKeys({
      keys: [key],
      settings: {},
      strategy: 'health-based',
      providers: new Map([['bytez', provider]]),
      store,
      clock,
      random: () => 0.5,
      emit: () => undefined,
      testOnStart: false,
      checkEveryMs: 0,
      ...more,
      shared: wire,
    });
    const state = () => keys.pool.snapshot().keys[0]?.state;
    return { ...keys, wire, state };
  };
  return { clock, world, open };
}

test('a refused key is probed by one process, and all go by what it finds', async () => {
  const { clock, world, open } = someProcesses();
  const [one, other, third] = [await open(), await open(), await open()];
  const answer = await one.pool.acquire('bytez');
  if (answer.kind === 'seat') answer.lease.release(fail(failures.rejected));
  await clock.advance(2_000);
  expect(world.probes).toBe(1);
  expect([one, other, third].map(({ state }) => state())).toMatchObject([
    { kind: 'benched', confirmed: true },
    { kind: 'benched', confirmed: true },
    { kind: 'benched', confirmed: true },
  ]);
  world.answer = accepted;
  await clock.advance(70_000);
  expect(world.probes).toBe(2);
  expect([one, other, third].map(({ state }) => state()?.kind)).toEqual(['half-open', 'half-open', 'half-open']);
});

test('keys are tested at the start of the first of several processes, and checked by one of them each time', async () => {
  const { clock, world, open } = someProcesses();
  world.answer = accepted;
  const options = { testOnStart: true, checkEveryMs: 600_000 };
  await open(options);
  await clock.advance(5_000);
  await open(options);
  await open(options);
  await clock.advance(5_000);
  expect(world.probes).toBe(1);
  await clock.advance(1_800_000);
  expect(world.probes).toBe(4);
});

test('a test that an admin asks for is made also while another process tests the key', async () => {
  const { clock, world, open } = someProcesses();
  world.answer = accepted;
  const [one, other] = [await open(), await open()];
  const tests = Promise.all([one.maintenance.test('all'), other.maintenance.test('all')]);
  await clock.advance(5_000);
  expect((await tests).map((done) => done.map(({ ok }) => ok))).toEqual([[true], [true]]);
  expect(world.probes).toBe(2);
});

test('a probe whose process dies is made by another one', async () => {
  const { clock, world, open } = someProcesses();
  const [one, other] = [await open(), await open()];
  const answer = await one.pool.acquire('bytez');
  if (answer.kind === 'seat') answer.lease.release(fail(failures.rejected));
  await clock.advance(500);
  expect(other.state()?.kind).toBe('probing');
  one.wire.cut();
  world.answer = accepted;
  await clock.advance(30_000);
  expect(other.state()?.kind).toBe('half-open');
});
