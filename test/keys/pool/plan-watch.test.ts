import { expect, test } from 'vitest';
import { keyId } from '../../../src/domain/ids.ts';
import { aKey } from '../../support/builders.ts';
import { aPool, fail, failures, seatOf } from '../../support/a-pool.ts';
import { PlanWatch } from '../../../src/keys/pool/plan-watch.ts';

const [key, other] = [keyId('9f2c0000000000aa'), keyId('9f2c0000000000bb')];
const minute = 60_000;

test('PlanWatch takes a rate limit that never ends for a model outside the plan, once for each streak', () => {
  const plans = new PlanWatch();
  const found = Array.from({ length: 20 }, (_, index) => plans.limited(key, 'm', index * 2 * minute));
  expect(found.flatMap((isEndless, index) => (isEndless ? [index] : []))).toEqual([7, 15]);
});

test('PlanWatch concludes nothing from a burst, from different models and keys, or after one success', () => {
  const plans = new PlanWatch();
  for (let index = 0; index < 50; index += 1) expect(plans.limited(key, 'm', index)).toBe(false);
  for (let index = 0; index < 7; index += 1) {
    expect(plans.limited(key, `m-${index}`, index * 5 * minute)).toBe(false);
    expect(plans.limited(other, 'm', index * 5 * minute)).toBe(false);
  }
  plans.succeeded(other, 'm');
  for (let index = 0; index < 50; index += 1) expect(plans.limited(other, 'm', index * minute)).toBe(false);
});

test('KeyPool leaves a key out for a model that only ever limits it, says so once, and uses it for other models', async () => {
  const { pool, clock, events } = aPool({ keys: [aKey(1)] });
  for (let call = 0; call < 8; call += 1) {
    seatOf(pool, { model: 'm' }).release(fail(failures.limited, 'm'));
    await clock.advance(2 * minute);
  }
  expect(events.filter(({ event }) => event === 'key.not-in-plan')).toMatchObject([
    { keyName: 'bytez #1', provider: 'bytez', model: 'm' },
  ]);
  await clock.advance(5 * 60 * minute);
  expect(pool.lease('bytez', { model: 'm' })).not.toMatchObject({ kind: 'seat' });
  expect(pool.lease('bytez', { model: 'other' })).toMatchObject({ kind: 'seat' });
});
