import { expect, test } from 'vitest';
import { luckFrom, type Deed, deeds, faultOf, nextChangeMs, type Scenario } from '../../simulator/scenario.ts';
import { scenarioNames, scenarios } from '../../simulator/scenarios.ts';
import { keyAt, modelAt, promptOf, worldHttp, World } from '../../simulator/world.ts';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { ProviderReply } from '../../src/domain/provider.ts';
import { createBytezProvider } from '../../src/providers/bytez/bytez-provider.ts';
import { fakeClock } from '../support/fake-clock.ts';

const never = new AbortController().signal;

function aWorld(given: Partial<Scenario> = {}, keys = 5) {
  const clock = fakeClock();
  const scenario: Scenario = { name: 'a-scenario', says: 'as told', faults: [], ...given };
  const world = new World({ scenario, keys, serviceMs: 50, clock, luck: luckFrom(1) });
  const provider = createBytezProvider({ baseUrl: 'http://a', http: worldHttp(world), now: () => clock.now() });
  /** One call as the bot makes it; how it ended, and after how long. */
  const ask = async (place: number, request = 1, signal = never) => {
    const startedMs = world.nowMs;
    const asked: { reply?: ProviderReply; ms?: number } = {};
    const calling = provider
      .generate({ kind: 'image', model: modelAt(1), prompt: promptOf(request), inputs: [] }, keyAt(place), signal)
      .then((reply) => {
        asked.reply = reply;
        asked.ms = world.nowMs - startedMs;
      });
    return { asked, calling };
  };
  return { clock, world, provider, ask };
}

type Understood = Pick<AttemptFailure, 'blame'> & { readonly reason?: AttemptFailure['reason'] };

/** What the adapter has to make of each deed; `slow` is answered. */
const understood: Readonly<Record<Exclude<Deed, 'slow'>, Understood>> = {
  rejected: { blame: 'key', reason: 'rejected' },
  forbidden: { blame: 'key', reason: 'rejected' },
  unexplained: { blame: 'key', reason: 'rejected' },
  'too-dear': { blame: 'key', reason: 'out-of-credit' },
  'minute-quota': { blame: 'key', reason: 'rate-limited' },
  'rate-limited': { blame: 'key', reason: 'rate-limited' },
  'out-of-quota': { blame: 'key', reason: 'out-of-credit' },
  cut: { blame: 'provider', reason: 'unreachable' },
  hang: { blame: 'provider', reason: 'timed-out' },
  refused: { blame: 'request', reason: 'refused' },
  'unknown-model': { blame: 'model', reason: 'unknown-model' },
  unavailable: { blame: 'provider', reason: 'overloaded' },
  'failed-run': { blame: 'provider', reason: 'failed-run' },
  'error-in-200': { blame: 'provider' },
  truncated: { blame: 'provider', reason: 'malformed' },
};

test.each(deeds.filter((deed) => deed !== 'slow'))('a call that meets "%s" is understood as that', async (deed) => {
  const { clock, ask } = aWorld({ faults: [{ deed, of: 'keys', keys: [1] }] });
  const { asked } = await ask(1, 1, clock.deadline(90_000));
  const other = await ask(2);
  await clock.advance(100_000);
  const failure = asked.reply?.ok === false ? asked.reply.failure : undefined;
  expect(failure).toMatchObject(understood[deed]);
  expect(asked.ms).toBe(deed === 'hang' ? 90_000 : 5);
  expect(other.asked).toMatchObject({ reply: { ok: true }, ms: 50 });
});

test('a slow key answers forty times later', async () => {
  const { clock, ask } = aWorld({ faults: [{ deed: 'slow', of: 'keys', keys: [1] }] });
  const slow = await ask(1);
  const usual = await ask(2);
  await clock.advance(10_000);
  expect([slow.asked.ms, usual.asked.ms]).toEqual([2_000, 50]);
  expect(slow.asked.reply?.ok).toBe(true);
});

test('a refusal that says when it is over tells what is left of it', async () => {
  const { clock, ask } = aWorld({ faults: [{ deed: 'rate-limited', of: 'keys', untilMs: 30_000, saysWhen: true }] });
  await clock.advance(12_000);
  const { asked } = await ask(3);
  await clock.advance(10);
  expect(asked.reply).toMatchObject({ ok: false, failure: { reason: 'rate-limited', retryAfterMs: 18_000 } });
});

test('a fault is in effect within its window, again in every round, and heals outside', () => {
  const scenario: Scenario = {
    name: 'flapping',
    says: '',
    faults: [{ deed: 'unavailable', of: 'keys', keys: [1], fromMs: 250, untilMs: 750, everyMs: 1_000 }],
  };
  const isBad = (atMs: number) =>
    faultOf(scenario, { place: 1, model: 1, atMs, request: 1, nth: 1 }, luckFrom(1)) !== undefined;
  expect([0, 249, 250, 749, 750, 999, 1_250, 1_750].map(isBad)).toEqual([
    false,
    false,
    true,
    true,
    false,
    false,
    true,
    false,
  ]);
  expect([0, 250, 800, 1_300].map((atMs) => nextChangeMs(scenario, atMs))).toEqual([250, 750, 1_250, 1_750]);
});

test('an account refuses what is above its seats, and carries again when a call has ended', async () => {
  const { clock, world, ask } = aWorld({ seats: [2] });
  const calls = await Promise.all([ask(1), ask(1), ask(1)]);
  await clock.advance(5);
  expect(calls[2]?.asked.reply).toMatchObject({ ok: false, failure: { blame: 'key', reason: 'concurrency' } });
  expect(world.hasRoom(1)).toBe(false);
  expect(world.hasRoom(2)).toBe(true);
  await clock.advance(50);
  expect(calls.slice(0, 2).map(({ asked }) => asked.reply?.ok)).toEqual([true, true]);
  expect(world.hasRoom(1)).toBe(true);
});

test('keys of one account share its seats, in the order of the keys', async () => {
  const { world } = aWorld({ seats: [1], accounts: 2 });
  void world.call(1, 1, never);
  void world.call(3, 2, never);
  expect([1, 2, 3, 4, 5].map((place) => world.carried(place))).toEqual([1, 1, 1, 1, 1]);
  expect(world.allSeats).toBe(2);
});

test('unknown seats are mixed over the keys', () => {
  const { world } = aWorld({ seats: [1, 2, 4] });
  expect([1, 2, 3, 4, 5].map((place) => world.seats(place))).toEqual([1, 2, 4, 1, 2]);
  expect(world.allSeats).toBe(10);
});

test('a call that is broken off leaves its seat, and is neither served nor failed', async () => {
  const { clock, world, ask } = aWorld({ seats: [1] });
  const abort = new AbortController();
  const { calling } = await ask(1, 1, abort.signal);
  await clock.advance(10);
  abort.abort(new Error('the job was cancelled'));
  await expect(calling).rejects.toThrow('the job was cancelled');
  expect(world.calls.map(({ ending }) => ending)).toEqual(['broken-off']);
  expect(world.carried(1)).toBe(0);
});

test('the free probe knows a rejected key, and nothing of credit or seats', async () => {
  const { clock, provider } = aWorld({
    seats: [1],
    faults: [
      { deed: 'rejected', of: 'keys', keys: [1], untilMs: 1_000 },
      { deed: 'out-of-quota', of: 'keys', keys: [2] },
    ],
  });
  const probing = [1, 2].map((place) => provider.probe(keyAt(place), never));
  await clock.advance(1_000);
  const later = provider.probe(keyAt(1), never);
  await clock.advance(1_000);
  expect((await Promise.all([...probing, later])).map(({ ok }) => ok)).toEqual([false, true, true]);
});

test('luck depends on the request and its number of calls, never on the key or the time', () => {
  const scenario: Scenario = { name: 'luck', says: '', faults: [{ deed: 'failed-run', of: 'provider', share: 0.7 }] };
  const met = (place: number, atMs: number, seed = 1) =>
    Array.from({ length: 300 }, (_, index) => {
      const ask = { place, model: 1, atMs, request: Math.floor(index / 3) + 1, nth: (index % 3) + 1 };
      return faultOf(scenario, ask, luckFrom(seed)) !== undefined;
    });
  expect(met(1, 0)).toEqual(met(4, 98_765));
  expect(met(1, 0)).not.toEqual(met(1, 0, 2));
  const share = met(1, 0).filter(Boolean).length / 300;
  expect(share).toBeGreaterThan(0.63);
  expect(share).toBeLessThan(0.77);
});

test('a share of requests is nearly exact, whatever the seed', () => {
  const scenario: Scenario = { name: 'some', says: '', faults: [{ deed: 'refused', of: 'requests', share: 0.05 }] };
  const refused = [1, 2, 3, 4, 5].map(
    (seed) =>
      Array.from({ length: 200 }, (_, index) => ({ place: 1, model: 1, atMs: 0, request: index + 1, nth: 1 })).filter(
        (ask) => faultOf(scenario, ask, luckFrom(seed)) !== undefined,
      ).length,
  );
  for (const count of refused) expect(Math.abs(count - 10)).toBeLessThanOrEqual(2);
});

test('every row of the matrix has its own name, and one fault at most for each of its providers', () => {
  expect(new Set(scenarioNames).size).toBe(scenarioNames.length);
  expect(scenarios.filter(({ faults, name }) => faults.length > 1 && name !== 'chain-three')).toEqual([]);
});
