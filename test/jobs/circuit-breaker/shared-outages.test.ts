import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { jobId, keyId } from '../../../src/domain/ids.ts';
import type { Chains } from '../../../src/domain/job.ts';
import { createBreakers } from '../../../src/jobs/circuit-breaker/breakers.ts';
import { ModelCooldowns } from '../../../src/jobs/circuit-breaker/model-cooldowns.ts';
import { perKind } from '../../../src/domain/kinds.ts';
import { somePools } from '../../keys/shared/pools.ts';

const flux = { provider: 'bytez', model: 'black-forest/flux:1' } as const;
const chains: Chains = perKind(() => [flux]);

async function someProcesses() {
  const { open, clock, settled } = somePools();
  const openOne = async () => {
    const { pool, wire } = await open();
    const events: AppEvent[] = [];
    const emit = (event: AppEvent) => void events.push(event);
    const models = new ModelCooldowns(clock, emit, { modelsOf: () => [flux.model] });
    const breakers = createBreakers({ chains, pool, modelCooldowns: models, clock, random: () => 0.5, emit });
    const breaker = breakers.get('bytez');
    if (breaker === undefined) throw new Error('Expected a breaker of bytez');
    return { breaker, models, events, wire };
  };
  return { open: openOne, clock, settled };
}

test('a provider that one process finds down is down in all, and a later one knows it', async () => {
  const { open, settled } = await someProcesses();
  const [one, other] = [await open(), await open()];
  one.breaker.open();
  await settled();
  expect(other.breaker.isOpen).toBe(true);
  expect(other.events).toEqual([{ event: 'breaker.opened', provider: 'bytez' }]);
  const later = await open();
  expect(later.breaker.isOpen).toBe(true);
  other.breaker.noteSuccess(keyId('k'), 10);
  await settled();
  expect([one, other, later].map(({ breaker }) => breaker.isOpen)).toEqual([false, false, false]);
});

test('one process at a time probes a provider that is down, and none at once after another one', async () => {
  const { open, settled, clock } = await someProcesses();
  const [one, other] = [await open(), await open()];
  one.breaker.open();
  await settled();
  await clock.advance(1_000);
  expect([one.breaker.mayProbe, other.breaker.mayProbe]).toEqual([true, true]);
  expect([await one.breaker.beginProbe(), await other.breaker.beginProbe()]).toEqual([true, false]);
  await clock.advance(5_000);
  expect(await other.breaker.beginProbe()).toBe(false);
  one.breaker.endProbe(true);
  await clock.advance(500);
  expect(await other.breaker.beginProbe()).toBe(false);
  await clock.advance(2_000);
  expect(await other.breaker.beginProbe()).toBe(true);
});

test('the probe of a process that dies is made by another one', async () => {
  const { open, settled, clock } = await someProcesses();
  const [one, other] = [await open(), await open()];
  one.breaker.open();
  await settled();
  await clock.advance(1_000);
  expect(await one.breaker.beginProbe()).toBe(true);
  one.wire.cut();
  await clock.advance(15_000);
  expect(await other.breaker.beginProbe()).toBe(true);
});

test('a model that one process finds unknown cools down in all for the same time, until it is listed again', async () => {
  const { open, settled, clock } = await someProcesses();
  const [one, other] = [await open(), await open()];
  one.models.noteUnknown(flux, false);
  await settled();
  await clock.advance(200_000);
  expect([other.models.isUnknown(flux), other.models.isGone(flux)]).toEqual([true, false]);
  const later = await open();
  expect(later.models.isCooling(flux)).toBe(true);
  await clock.advance(101_000);
  expect([one, other, later].map(({ models }) => models.isCooling(flux))).toEqual([false, false, false]);
  one.models.noteUnknown(flux);
  await settled();
  expect([other.models.isGone(flux), other.models.isEmpty('bytez')]).toEqual([true, true]);
  other.models.noteListed('bytez', 3);
  await settled();
  expect([one.models.isCooling(flux), other.models.isCooling(flux)]).toEqual([false, false]);
});

test('what counted as down of a provider is forgotten in all processes when the provider itself is', async () => {
  const { open, settled } = await someProcesses();
  const [one, other] = [await open(), await open()];
  one.models.noteDown(flux);
  await settled();
  expect(other.models.isCooling(flux)).toBe(true);
  for (const job of ['a', 'b']) {
    for (const key of ['1', '2', '3'])
      other.breaker.noteRefusal({ keyId: keyId(key), jobId: jobId(job), model: flux.model }, true);
  }
  await settled();
  expect([one.breaker.isOpen, one.models.isCooling(flux)]).toEqual([true, false]);
});
