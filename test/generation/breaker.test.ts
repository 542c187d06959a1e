import { expect, test } from 'vitest';
import { keyId } from '../../src/domain/ids.ts';
import { Breaker } from '../../src/generation/breaker.ts';
import { fakeClock } from '../support/fake-clock.ts';

function aBreaker(keys: number) {
  const clock = fakeClock();
  const changes: boolean[] = [];
  const breaker = new Breaker({ clock, keys: () => keys, onChange: (open) => changes.push(open) });
  return { clock, changes, breaker };
}

const key = (place: number) => keyId(`key-${place}`);

test('Breaker opens when half of the keys fail by the provider and none succeeds', () => {
  const { breaker, changes } = aBreaker(4);
  breaker.noteFault(key(1));
  breaker.noteFault(key(1));
  expect(breaker.isOpen).toBe(false);
  breaker.noteFault(key(2));
  expect(changes).toEqual([true]);
});

test('one key that fails alone never opens it', () => {
  const { breaker } = aBreaker(4);
  for (let call = 0; call < 19; call += 1) breaker.noteFault(key(1));
  expect(breaker.isOpen).toBe(false);
});

test('a success within the window keeps it closed, and stops counting after a minute', async () => {
  const { breaker, clock } = aBreaker(2);
  breaker.noteSuccess(key(1));
  breaker.noteFault(key(1));
  breaker.noteFault(key(2));
  expect(breaker.isOpen).toBe(false);
  await clock.advance(60_001);
  breaker.noteFault(key(1));
  breaker.noteFault(key(2));
  expect(breaker.isOpen).toBe(true);
});

test('the next success closes it', () => {
  const { breaker, changes } = aBreaker(2);
  breaker.noteFault(key(1));
  breaker.noteFault(key(2));
  breaker.noteSuccess(key(2));
  expect(changes).toEqual([true, false]);
});

test('it opens when nineteen of twenty calls fail, and not when every second one succeeds', () => {
  const bad = aBreaker(9);
  bad.breaker.noteSuccess(key(1));
  for (let call = 0; call < 19; call += 1) bad.breaker.noteFault(key(1));
  expect(bad.breaker.isOpen).toBe(true);
  const half = aBreaker(9);
  for (let call = 0; call < 60; call += 1) {
    if (call % 2 === 0) half.breaker.noteSuccess(key(call % 9));
    else half.breaker.noteFault(key(call % 9));
  }
  expect(half.breaker.isOpen).toBe(false);
});
