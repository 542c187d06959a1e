import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { keyId } from '../../../src/domain/ids.ts';
import type { BenchReason, KeyState, KeyRecord, KeyStore } from '../../../src/domain/key-state.ts';
import type { ProbeReply, Provider } from '../../../src/domain/provider.ts';
import { KeyMaintenance, type KeyMaintenanceOptions } from '../../../src/keys/maintenance/key-maintenance.ts';
import { aKey } from '../../support/builders.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { fakePool } from '../pool-port-fake.ts';

const fine: ProbeReply = { ok: true };
const refused: ProbeReply = { ok: false, failure: { blame: 'key', reason: 'rejected', detail: '' } };
const cut: ProbeReply = { ok: false, failure: { blame: 'provider', reason: 'unreachable', detail: '' } };

const benched = (more: { reason?: BenchReason; probeAtMs?: number; confirmed?: boolean } = {}): KeyState => ({
  kind: 'benched',
  reason: 'rejected',
  probeAtMs: Number.MAX_SAFE_INTEGER,
  times: 1,
  confirmed: true,
  ...more,
});

/** Keeps records in memory. */
function fakeStore() {
  const kept = new Map<string, KeyRecord>();
  const store: KeyStore = {
    load: async () => [...kept.values()],
    save: async (records) => {
      for (const record of records) kept.set(record.id, record);
    },
    salt: async () => 'salt',
  };
  return { store, kept };
}

type DeskSetup = Partial<KeyMaintenanceOptions> & {
  readonly keys?: number;
  /** What the provider says of a key, by its place; a probe takes a second. */
  readonly says?: (place: number) => ProbeReply;
  readonly states?: Readonly<Record<number, KeyState>>;
};

function aDesk({ keys = 3, says = () => fine, states = {}, ...more }: DeskSetup = {}) {
  const clock = fakeClock();
  const pool = fakePool(
    Array.from({ length: keys }, (_, index) => aKey(index + 1)),
    clock,
  );
  for (const [place, state] of Object.entries(states)) pool.become(Number(place), state);
  const events: AppEvent[] = [];
  const asked: number[] = [];
  let atOnce = 0;
  const most = { atOnce: 0 };
  const provider: Provider = {
    name: 'bytez',
    generate: () => Promise.reject(new Error('Cannot generate: only probes are expected')),
    probe: async (secret, signal) => {
      const place = Number(secret.reveal().split('-').at(-1));
      asked.push(place);
      atOnce += 1;
      most.atOnce = Math.max(most.atOnce, atOnce);
      try {
        await clock.sleep(1_000, signal);
      } finally {
        atOnce -= 1;
      }
      return says(place);
    },
  };
  const memory = fakeStore();
  const maintenance = new KeyMaintenance({
    pool,
    providers: new Map([['bytez', provider]]),
    store: memory.store,
    clock,
    emit: (event) => events.push(event),
    ...more,
  });
  const close = () => maintenance[Symbol.asyncDispose]();
  return { clock, pool, events, asked, most, maintenance, ...memory, [Symbol.asyncDispose]: close };
}

test('KeyMaintenance tests every key at the start in the background, sixteen at once, and tells how many work', async () => {
  await using app = aDesk({ keys: 40, testOnStart: true, says: (place) => (place % 4 === 0 ? refused : fine) });
  await app.clock.advance(999);
  expect(app.asked).toHaveLength(16);
  expect(app.most.atOnce).toBe(16);
  await app.clock.advance(3_000);
  expect(app.most.atOnce).toBe(16);
  expect(app.events).toEqual([{ event: 'keys.tested', working: 30, total: 40, ms: 3_000 }]);
  expect(app.pool.state(4)).toMatchObject({ kind: 'benched', reason: 'rejected', confirmed: true });
  expect(app.pool.state(1)).toEqual({ kind: 'ready' });
});

test('KeyMaintenance tests nothing at the start unless it is told to', async () => {
  await using app = aDesk({ states: { 1: benched() } });
  await app.clock.advance(4_000);
  expect(app.asked).toEqual([]);
  expect(app.events).toEqual([]);
});

test('KeyMaintenance leaves disabled keys and those whose rest the provider named out of the test at the start', async () => {
  const cooling = { kind: 'cooling', sinceMs: 0, untilMs: Number.MAX_SAFE_INTEGER, reason: 'rate-limited' } as const;
  await using app = aDesk({
    keys: 4,
    testOnStart: true,
    states: { 1: { kind: 'disabled' }, 2: { ...cooling, stated: true }, 3: { ...cooling, stated: false } },
  });
  await app.clock.advance(1_000);
  expect(app.asked).toEqual([3, 4]);
});

test.each<[string, KeyState, ProbeReply, readonly string[]]>([
  ['a ready key that is accepted', { kind: 'ready' }, fine, []],
  ['a ready key that is refused', { kind: 'ready' }, refused, ['probe-failed']],
  ['a ready key that cannot be asked', { kind: 'ready' }, cut, []],
  ['a refused key that is accepted', benched(), fine, ['probe-begins', 'probe-passed']],
  ['a refused key that is refused again', benched(), refused, ['probe-begins', 'probe-failed']],
  ['a refused key that cannot be asked', benched(), cut, ['probe-begins', 'probe-unsure']],
  ['a key without credit that is accepted', benched({ reason: 'out-of-credit' }), fine, []],
  ['a key without credit that is refused', benched({ reason: 'out-of-credit' }), refused, []],
  ['a key without credit that cannot be asked', benched({ reason: 'out-of-credit' }), cut, []],
])('KeyMaintenance.test() passes on what the probe says, and no more: %s', async (_, state, reply, words) => {
  await using app = aDesk({ keys: 1, states: { 1: state }, says: () => reply });
  const tests = app.maintenance.test('all');
  await app.clock.advance(1_000);
  expect(app.pool.noted).toEqual(words.map((word) => `bytez #1 ${word}`));
  expect(await tests).toEqual([
    reply.ok
      ? { id: 'id-1', name: 'bytez #1', ok: true, ms: 1_000 }
      : { id: 'id-1', name: 'bytez #1', ok: false, reason: reply.failure.reason, detail: '', ms: 1_000 },
  ]);
});

const unexplained: ProbeReply = {
  ok: false,
  failure: { blame: 'key', reason: 'rejected', sureness: 'likely', detail: 'HTTP 403: Forbidden' },
};

test.each<[string, KeyState, ProbeReply, readonly string[]]>([
  ['accepted: it refused everybody until just now', { kind: 'ready' }, fine, []],
  ['refused again', { kind: 'ready' }, unexplained, ['probe-failed']],
  ['refused for a stated reason', { kind: 'ready' }, refused, ['probe-failed']],
  ['not answered', { kind: 'ready' }, cut, []],
  ['accepted, and benched before', benched(), fine, ['probe-begins', 'probe-passed']],
  ['not answered, and benched before', benched(), cut, ['probe-begins', 'probe-unsure']],
])(
  'KeyMaintenance.probeKeys() asks again for a key that is refused without a cause while another one is accepted: it is %s',
  async (_, state, second, words) => {
    let own = 0;
    const says = (place: number) => (place > 1 ? fine : (own += 1) === 1 ? unexplained : second);
    await using app = aDesk({ says, states: { 1: state } });
    const probed = app.maintenance.probeKeys([keyId('id-1')]);
    await app.clock.advance(3_000);
    await probed;
    expect(app.pool.noted).toEqual(words.map((word) => `bytez #1 ${word}`));
    expect(own).toBe(2);
  },
);

test('KeyMaintenance leaves a key benched that a second call benched while its probe ran', async () => {
  await using app = aDesk({ keys: 1, states: { 1: benched() } });
  const tests = app.maintenance.test('all');
  await app.clock.advance(500);
  app.pool.become(1, benched());
  await app.clock.advance(500);
  expect(await tests).toMatchObject([{ ok: true }]);
  expect(app.pool.state(1).kind).toBe('benched');
});

test('KeyMaintenance.test() leaves out keys of a provider that cannot be asked, and survives a probe that throws', async () => {
  const clock = fakeClock();
  const pool = fakePool([aKey(1), aKey(2, { provider: 'openai', name: 'openai #2' })], clock);
  const events: AppEvent[] = [];
  const probe = () => Promise.reject(new Error('a bug'));
  await using maintenance = new KeyMaintenance({
    pool,
    providers: new Map([['bytez', { name: 'bytez', generate: probe, probe }]]),
    store: fakeStore().store,
    clock,
    emit: (event) => events.push(event),
  });
  expect(await maintenance.test('all')).toMatchObject([{ name: 'bytez #1', ok: false, reason: 'unrecognized' }]);
  expect(events).toMatchObject([
    { event: 'app.error', what: 'test bytez #1' },
    { event: 'keys.tested', working: 0, total: 1 },
  ]);
});

test('KeyMaintenance probes a key at once that a real call benched and nobody confirmed, once, whatever comes of it', async () => {
  const replies = new Map<number, ProbeReply>([
    [1, refused],
    [2, fine],
    [3, cut],
  ]);
  await using app = aDesk({ says: (place) => replies.get(place) ?? fine });
  for (const place of [1, 2, 3]) app.pool.become(place, benched({ confirmed: false }));
  await app.clock.advance(0);
  expect(app.asked).toEqual([1, 2, 3]);
  await app.clock.advance(30_000);
  expect(app.asked).toEqual([1, 2, 3]);
  expect([1, 2, 3].map((place) => app.pool.state(place))).toMatchObject([
    { kind: 'benched', confirmed: true },
    { kind: 'half-open' },
    { kind: 'benched', confirmed: false },
  ]);
});

test('KeyMaintenance does not probe a key that ran out of credit, nor one whose refusal is confirmed, before its time', async () => {
  await using app = aDesk();
  app.pool.become(1, benched({ reason: 'out-of-credit', confirmed: false, probeAtMs: 0 }));
  app.pool.become(2, benched({ probeAtMs: app.clock.now() + 60_000 }));
  await app.clock.advance(59_000);
  expect(app.asked).toEqual([]);
  await app.clock.advance(6_000);
  expect(app.asked).toEqual([2]);
});

test('KeyMaintenance looks at each interval after refused and idle keys, spread out, and never after one that works', async () => {
  const checkEveryMs = 300_000;
  await using app = aDesk({ keys: 6, checkEveryMs });
  const startMs = app.clock.now();
  app.pool.become(1, benched());
  app.pool.view(2, { lastUsedMs: startMs });
  app.pool.view(3, { lastUsedMs: startMs + 1 });
  app.pool.view(4, { inFlight: 1 });
  app.pool.become(5, { kind: 'disabled' });
  await app.clock.advance(checkEveryMs - 1);
  expect(app.asked).toEqual([]);
  await app.clock.advance(1);
  expect(app.asked).toEqual([1]);
  await app.clock.advance(checkEveryMs / 3);
  expect(app.asked).toEqual([1, 2]);
  // Meanwhile the last one has begun to work.
  app.pool.view(6, { inFlight: 1 });
  await app.clock.advance(checkEveryMs / 3);
  expect(app.asked).toEqual([1, 2]);
  app.pool.view(6, { lastUsedMs: startMs });
  await app.clock.advance(checkEveryMs / 3);
  // The second round has begun with the first of its list.
  await app.clock.advance(checkEveryMs - 1);
  expect(app.asked.slice(2)).toEqual([1, 2, 3, 6]);
});

test('KeyMaintenance changes the keys that a change concerns, and says how many these were', async () => {
  await using app = aDesk({
    keys: 5,
    states: {
      1: benched(),
      2: { kind: 'cooling', sinceMs: 0, untilMs: 1, reason: 'timed-out', stated: false },
      3: { kind: 'disabled' },
      4: { kind: 'half-open', after: 'rejected', times: 1 },
    },
  });
  const { maintenance, pool } = app;
  expect([maintenance.enable([keyId('id-1')]), maintenance.wake([keyId('id-3')])]).toEqual([0, 0]);
  expect(pool.noted).toEqual([]);
  expect(maintenance.wake('all')).toBe(2);
  expect([maintenance.enable([keyId('id-3')]), maintenance.enable('all')]).toEqual([1, 0]);
  expect([maintenance.disable([keyId('id-5')]), maintenance.disable([keyId('id-5')])]).toEqual([1, 0]);
  expect([1, 2, 3, 4, 5].map((place) => pool.state(place).kind)).toEqual([
    'ready',
    'ready',
    'ready',
    'half-open',
    'disabled',
  ]);
  for (const change of ['wake', 'enable', 'disable'] as const) expect(maintenance[change]([keyId('nobody')])).toBe(0);
  await maintenance.saved();
  expect(app.kept.get('id-5')?.state).toEqual({ kind: 'disabled' });
  expect(maintenance.disable('all')).toBe(4);
});

test('KeyMaintenance.test() asks only for the chosen keys, reports each as it ends, and can be left', async () => {
  await using app = aDesk({ keys: 4, states: { 2: { kind: 'disabled' } } });
  const ended: string[] = [];
  const testing = app.maintenance.test([keyId('id-2'), keyId('id-4'), keyId('nobody')], {
    onTest: ({ name }) => void ended.push(name),
  });
  await app.clock.advance(1_000);
  expect((await testing).map(({ name, ok }) => ({ name, ok }))).toEqual([
    { name: 'bytez #2', ok: true },
    { name: 'bytez #4', ok: true },
  ]);
  expect(ended).toEqual(['bytez #2', 'bytez #4']);
  const pendingErasure = new AbortController();
  const left = app.maintenance.test('all', { signal: pendingErasure.signal });
  pendingErasure.abort(new Error('Asked to stop'));
  await expect(left).rejects.toThrow('Asked to stop');
});

test('KeyMaintenance moves what is remembered with the clock when it is set, and not when it is only kept right', async () => {
  await using app = aDesk();
  await app.clock.advance(10_000);
  expect(app.pool.shifts).toEqual([]);
  app.clock.jump(-7_200_000);
  await app.clock.advance(1_000);
  app.clock.jump(1_900);
  await app.clock.advance(1_000);
  app.clock.jump(3_000);
  await app.clock.advance(10_000);
  expect(app.pool.shifts).toEqual([-7_200_000, 3_000]);
});

test('KeyMaintenance.replaceKeys() gives a key that comes back its history, tells who came and went, and tests newcomers', async () => {
  await using app = aDesk({ testOnStart: true });
  await app.clock.advance(1_000);
  app.asked.length = 0;
  app.events.length = 0;
  app.pool.become(3, { kind: 'disabled' }, false);
  await app.maintenance.replaceKeys([aKey(1), aKey(2)]);
  await app.maintenance.replaceKeys([aKey(1), aKey(2)]);
  expect(app.events).toEqual([{ event: 'keys.reloaded', added: [], removed: ['bytez #3'] }]);
  await app.maintenance.replaceKeys([aKey(1), aKey(3), aKey(4)]);
  expect(app.events.at(-1)).toEqual({
    event: 'keys.reloaded',
    added: ['bytez #3', 'bytez #4'],
    removed: ['bytez #2'],
  });
  const [record] = app.pool.replaced.at(-1)?.records ?? [];
  expect(record).toMatchObject({ id: 'id-3', state: { kind: 'disabled' } });
  await app.clock.advance(1_000);
  expect(app.asked).toEqual([4]);
});

test('KeyMaintenance ends at once while probes are under way, and saves what was learned until then', async () => {
  const app = aDesk({ testOnStart: true, says: () => refused });
  await app.clock.advance(500);
  app.pool.become(2, benched({ probeAtMs: 5 }), false);
  await app.maintenance[Symbol.asyncDispose]();
  expect(app.kept.get('id-2')?.state).toMatchObject({ kind: 'benched', probeAtMs: 5 });
  expect(app.pool.noted).toEqual([]);
  expect(app.clock.pending).toBe(0);
  await app.clock.advance(600_000);
  expect(app.asked).toEqual([1, 2, 3]);
  expect(app.events.filter(({ event }) => event === 'app.error')).toEqual([]);
});

test('KeyMaintenance.test() waits fifteen seconds for a provider that says nothing', async () => {
  const silent: Provider = {
    name: 'bytez',
    generate: () => Promise.reject(new Error('Cannot generate: only probes are expected')),
    probe: (_secret, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(cut), { once: true })),
  };
  await using app = aDesk({ keys: 1, providers: new Map([['bytez', silent]]) });
  let isOver = false;
  const tests = app.maintenance.test('all').finally(() => (isOver = true));
  await app.clock.advance(14_999);
  expect(isOver).toBe(false);
  await app.clock.advance(1);
  expect(await tests).toMatchObject([{ ok: false, reason: 'unreachable' }]);
});
