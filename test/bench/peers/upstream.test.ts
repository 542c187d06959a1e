import { expect, test } from 'vitest';
import { createOpenAiProvider } from '../../../bench/peers/openai-provider.ts';
import { startUpstream } from '../../../bench/peers/upstream.ts';
import { luckFrom, type Deed, type Scenario } from '../../../simulator/scenario.ts';
import { World, keyAt, promptOf } from '../../../simulator/world.ts';
import { createHttpClient } from '../../../src/providers/http/http-exchange.ts';
import { instantClock } from './instant-clock.ts';

const request = { kind: 'image', model: 'bench-model', prompt: promptOf(1), inputs: [] } as const;
const { signal } = new AbortController();

function worldOf(scenario: Partial<Scenario>): World {
  return new World({
    scenario: { name: 'test', says: 'test', faults: [], ...scenario },
    keys: 2,
    serviceMs: 50,
    clock: instantClock(),
    luck: luckFrom(1),
  });
}

async function answerOf(world: World) {
  await using upstream = await startUpstream(world);
  await using http = createHttpClient();
  return await createOpenAiProvider(upstream.baseUrl, http).generate(request, keyAt(1), signal);
}

test('startUpstream() serves a picture that the OpenAI-shaped provider reads', async () => {
  expect(await answerOf(worldOf({}))).toMatchObject({ ok: true, source: { kind: 'bytes' } });
});

test('startUpstream() writes each call into the world with its key and its request', async () => {
  const world = worldOf({});
  await answerOf(world);
  expect(world.calls).toMatchObject([{ place: 1, request: 1, nth: 1, ending: 'served' }]);
});

test.each<[Deed, string, string]>([
  ['rejected', 'key', 'rejected'],
  ['rate-limited', 'key', 'rate-limited'],
  ['out-of-quota', 'key', 'out-of-credit'],
  ['cut', 'provider', 'unreachable'],
  ['refused', 'request', 'refused'],
  ['unknown-model', 'model', 'unknown-model'],
  ['unavailable', 'provider', 'overloaded'],
  ['failed-run', 'provider', 'failed-run'],
  ['error-in-200', 'provider', 'failed-run'],
  ['truncated', 'provider', 'malformed'],
])('createOpenAiProvider() blames for "%s" the %s: %s', async (deed, blame, reason) => {
  const world = worldOf({ faults: [{ deed, of: 'provider' }] });
  expect(await answerOf(world)).toMatchObject({ ok: false, failure: { blame, reason } });
});

test('createOpenAiProvider() hears for how long a key is rate-limited', async () => {
  const world = worldOf({ faults: [{ deed: 'rate-limited', of: 'keys', untilMs: 30_000, saysWhen: true }] });
  expect(await answerOf(world)).toMatchObject({ failure: { reason: 'rate-limited', retryAfterMs: 30_000 } });
});

test('createOpenAiProvider() calls it concurrency when a key carries no more calls', async () => {
  const world = worldOf({ seats: [1] });
  await using upstream = await startUpstream(world);
  await using http = createHttpClient();
  const provider = createOpenAiProvider(upstream.baseUrl, http);
  world.carried = () => 1;
  const reply = await provider.generate(request, keyAt(1), signal);
  expect(reply).toMatchObject({ failure: { blame: 'key', reason: 'concurrency' } });
});

test('createOpenAiProvider() probes without a call', async () => {
  const world = worldOf({ faults: [{ deed: 'rejected', of: 'keys', keys: [2] }] });
  await using upstream = await startUpstream(world);
  await using http = createHttpClient();
  const provider = createOpenAiProvider(upstream.baseUrl, http);
  const replies = [await provider.probe(keyAt(1), signal), await provider.probe(keyAt(2), signal)];
  expect(replies).toMatchObject([{ ok: true }, { ok: false, failure: { blame: 'key', reason: 'rejected' } }]);
  expect(world.calls).toEqual([]);
});
