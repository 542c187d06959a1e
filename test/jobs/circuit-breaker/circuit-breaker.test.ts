import { expect, test } from 'vitest';
import { keyId } from '../../../src/domain/ids.ts';
import { CircuitBreaker } from '../../../src/jobs/circuit-breaker/circuit-breaker.ts';
import { probeWaitMs } from '../../../src/jobs/circuit-breaker/breaker-counters.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { aFault, fallSilent } from '../a-fault.ts';

function aBreaker(keys: number) {
  const clock = fakeClock();
  const changes: boolean[] = [];
  const silences: number[] = [];
  const startMs = clock.now();
  const breaker = new CircuitBreaker({
    clock,
    random: () => 0.5,
    keys: () => keys,
    onChange: (open) => changes.push(open),
    onProviderFaults: (sinceMs) => silences.push(sinceMs - startMs),
  });
  /** A provider that has answered so many calls without a fault. */
  const answered = (calls: number) => {
    for (let call = 0; call < calls; call += 1) breaker.noteSuccess(key(call % keys), 50);
  };
  return { clock, changes, silences, breaker, answered };
}

/** One that is open since just now. */
function anOpenBreaker() {
  const app = aBreaker(2);
  fallSilent(app.breaker, [key(1), key(2)]);
  return app;
}

const key = (place: number) => keyId(`key-${place}`);

test('Breaker opens when half of the keys fail by the provider and none succeeds', async () => {
  const { breaker, changes, clock } = aBreaker(4);
  breaker.noteFault(aFault(key(1)));
  await clock.advance(100);
  breaker.noteFault(aFault(key(1)));
  expect(breaker.isOpen).toBe(false);
  breaker.noteFault(aFault(key(2)));
  expect(changes).toEqual([true]);
});

test('Breaker gives what was sent together with the first failure a chance to succeed', async () => {
  const { breaker, clock } = aBreaker(2);
  breaker.noteFault(aFault(key(1)));
  await clock.advance(99);
  breaker.noteFault(aFault(key(2)));
  expect(breaker.isOpen).toBe(false);
  await clock.advance(1);
  breaker.noteFault(aFault(key(2)));
  expect(breaker.isOpen).toBe(true);
});

test('Breaker does not open for a single job, whose wish may be the trouble', async () => {
  const { breaker, clock } = aBreaker(2);
  for (let call = 0; call < 6; call += 1) {
    breaker.noteFault(aFault(key(call), 'm1', 'job-1'));
    await clock.advance(1_000);
  }
  expect(breaker.isOpen).toBe(false);
  breaker.noteFault(aFault(key(1), 'm1', 'job-2'));
  expect(breaker.isOpen).toBe(true);
});

test('Breaker rolls back what was guessed in the ten seconds before it opened', async () => {
  const { breaker, clock, silences } = aBreaker(2);
  await clock.advance(30_000);
  fallSilent(breaker, [key(1), key(2)]);
  expect(silences).toEqual([20_000]);
});

test('one key that fails alone never opens it', () => {
  const { breaker } = aBreaker(4);
  for (let call = 0; call < 19; call += 1) breaker.noteFault(aFault(key(1)));
  expect(breaker.isOpen).toBe(false);
});

test('the only key of a provider opens it with its third failure in a row', async () => {
  const { breaker, clock } = aBreaker(1);
  breaker.noteFault(aFault(key(1)));
  await clock.advance(100);
  breaker.noteFault(aFault(key(1)));
  expect(breaker.isOpen).toBe(false);
  breaker.noteFault(aFault(key(1)));
  expect(breaker.isOpen).toBe(true);
});

test('failures of two keys that lie more than ten seconds apart are no silence', async () => {
  const { breaker, clock } = aBreaker(2);
  breaker.noteFault(aFault(key(1)));
  await clock.advance(10_001);
  breaker.noteFault(aFault(key(2)));
  expect(breaker.isOpen).toBe(false);
});

test('a success within the last ten seconds and the length of a call keeps it closed', async () => {
  const { breaker, clock } = aBreaker(2);
  breaker.noteSuccess(key(1), 45_000);
  await clock.advance(54_000);
  breaker.noteFault(aFault(key(1)));
  breaker.noteFault(aFault(key(2)));
  expect(breaker.isOpen).toBe(false);
  await clock.advance(1_001);
  breaker.noteFault(aFault(key(1)));
  expect(breaker.isOpen).toBe(true);
});

test('four faults in a row of three keys open it at once where hardly a call ever failed', () => {
  const { breaker, answered } = aBreaker(5);
  answered(200);
  for (const place of [1, 2, 3]) breaker.noteFault(aFault(key(place)));
  expect(breaker.isOpen).toBe(false);
  breaker.noteFault(aFault(key(1)));
  expect(breaker.isOpen).toBe(true);
});

test('a bad key does not open it however well the others work', () => {
  const { breaker, answered } = aBreaker(5);
  answered(200);
  for (let call = 0; call < 12; call += 1) {
    breaker.noteFault(aFault(key(1)));
    breaker.noteFault(aFault(key(2)));
    if (call % 3 === 0) breaker.noteSuccess(key(3), 50);
  }
  expect(breaker.isOpen).toBe(false);
});

test('a provider that fails seven times in ten stays in business', () => {
  // A fixed sequence that looks like chance.
  let state = 7;
  const chance = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const { breaker, changes, answered } = aBreaker(5);
  answered(1);
  for (let call = 0; call < 2_000; call += 1) {
    if (chance() < 0.7) breaker.noteFault(aFault(key(call % 5)));
    else breaker.noteSuccess(key(call % 5), 50);
  }
  expect(changes.filter((open) => open).length).toBeLessThanOrEqual(2);
  expect(breaker.isOpen).toBe(false);
});

test('the next success closes it', () => {
  const { breaker, changes } = anOpenBreaker();
  breaker.noteSuccess(key(2));
  expect(changes).toEqual([true, false]);
});

test('it opens when nineteen of twenty calls fail, and then one success does not close it', async () => {
  const { breaker, clock } = aBreaker(9);
  breaker.noteSuccess(key(1));
  for (let call = 0; call < 19; call += 1) breaker.noteFault(aFault(key(1)));
  expect(breaker.isOpen).toBe(true);
  breaker.noteSuccess(key(1));
  expect(breaker.isOpen).toBe(false);
  for (let call = 0; call < 60; call += 1) breaker.noteFault(aFault(key(1)));
  breaker.noteSuccess(key(1));
  expect(breaker.isOpen).toBe(true);
  await clock.advance(10_000);
  breaker.noteSuccess(key(1));
  expect(breaker.isOpen).toBe(false);
});

test('it opens when a provider without a success in twenty calls has no retry left', () => {
  const { breaker, changes } = aBreaker(9);
  breaker.noteSuccess(key(1), 3_600_000);
  for (let call = 0; call < 10; call += 1) breaker.noteFirst();
  for (let call = 0; call < 17; call += 1) breaker.noteFault(aFault(key(1)));
  breaker.noteSuccess(key(1), 3_600_000);
  expect(breaker.mayRetry()).toBe(true);
  for (let call = 0; call < 20; call += 1) {
    if (call % 9 === 0) breaker.noteFirst();
    breaker.noteFault(aFault(key(1)));
  }
  expect([breaker.mayRetry(), breaker.mayRetry(), changes]).toEqual([true, false, [true]]);
});

test('probes go out one at a time, each when its time has come', async () => {
  const { breaker, clock, silences } = anOpenBreaker();
  expect([breaker.probeInMs, breaker.mayProbe, breaker.beginProbe()]).toEqual([1_000, false, false]);
  await clock.advance(1_000);
  expect([breaker.mayProbe, breaker.beginProbe(), breaker.mayProbe, breaker.beginProbe()]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  breaker.noteFault(aFault(key(1)));
  breaker.endProbe(true);
  expect([breaker.probeInMs, silences.length]).toEqual([2_000, 2]);
});

test('a probe that says nothing of the provider leaves the next one due at once', async () => {
  const { breaker, clock } = anOpenBreaker();
  await clock.advance(1_000);
  void breaker.beginProbe();
  breaker.endProbe(false);
  expect(breaker.mayProbe).toBe(true);
});

test('probeWaitMs() grows with the probes that failed and stays within one and five seconds', () => {
  const waits = (random: number) => [0, 1, 2, 3, 99].map((failed) => probeWaitMs(failed, () => random));
  expect(waits(0)).toEqual([1_000, 1_500, 3_000, 5_000, 5_000]);
  expect(waits(0.5)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  expect(waits(1)).toEqual([1_250, 2_500, 5_000, 5_000, 5_000]);
});

test('isHealthy() is a key whose last call was a success, within ten seconds and the length of a call', async () => {
  const { breaker, clock } = aBreaker(3);
  breaker.noteSuccess(key(1), 50);
  expect([breaker.isHealthy(key(1)), breaker.isHealthy(key(2))]).toEqual([true, false]);
  await clock.advance(10_051);
  expect(breaker.isHealthy(key(1))).toBe(false);
  breaker.noteSuccess(key(1), 50);
  breaker.noteFault(aFault(key(1)));
  expect(breaker.isHealthy(key(1))).toBe(false);
});
