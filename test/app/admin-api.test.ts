import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Core } from '../../src/app/core.ts';
import { openCore } from '../../src/app/open-core.ts';
import { openAdmin } from '../../src/app/open-admin.ts';
import { instantResults } from '../../simulator/instant-results.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { AdminApi } from '../../src/domain/admin-api.ts';
import { jobId, keyId } from '../../src/domain/ids.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';

const ids = [1, 2, 3, 4, 5, 6];
const faults: Readonly<Record<number, readonly BytezFault[]>> = {
  2: [{ do: { kind: 'unauthorized' } }],
  3: [{ do: { kind: 'rate-limited', retryAfterS: 600 } }],
};

/** The admin API of the owner of a database and that of another process, over the same sandbox and clock. */
async function aStage() {
  await using opening = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'darkroom-admin-'));
  opening.defer(() => rmSync(dir, { recursive: true, force: true }));
  const accounts = ids.map((place) => ({
    name: `account ${place}`,
    key: `admin-key-number-${place}`,
    faults: faults[place] ?? [],
  }));
  const bytez = opening.use(await startBytezSandbox({ clock: systemClock, accounts, latencyMs: 0 }));
  const env = {
    BYTEZ_API_KEYS: accounts.map(({ key }) => key).join(','),
    BYTEZ_BASE_URL: bytez.baseUrl,
    BYTEZ_KEY_GROUPS: '5,6',
    DATA_DIR: dir,
    KEYS_TEST_ON_START: 'off',
    HEALTH_CHECK_INTERVAL_S: '0',
    ROTATION_STRATEGY: 'primary-first',
    FREE_WAITING: '20',
    PREMIUM_IDS: '8',
    RETRY_DELAY_S: '0.01',
    DRAIN_S: '0',
  };
  const clock = fakeClock();
  const config = parseConfig(env);
  const { keys } = readKeys(env);
  const core = opening.use(
    await openCore({
      config,
      keys,
      clock,
      random: () => 0.5,
      emit: () => undefined,
      parts: { results: instantResults() },
    }),
  );
  const passing = <Value>(work: Promise<Value>) => passTime(clock, work, { stepMs: 100 });
  const ask = async (userId: number, updateId: number) => {
    const origin = { chatId: userId, chatType: 'private', userId, messageId: 1 } as const;
    await core.service.submit({ kind: 'image', prompt: 'a fox', lane: 'free', locale: 'en', updateId, origin });
  };
  const opened = opening.move();
  return {
    core,
    clock,
    passing,
    ask,
    /** Asks somebody who has just arrived beside the owner. */
    beside: async <Value>(question: (admin: AdminApi) => Promise<Value>): Promise<Value> => {
      await core.keys.saved();
      using other = await openAdmin({ config, keys, clock });
      return await passing(question(other.admin));
    },
    config,
    keys,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

type Stage = Awaited<ReturnType<typeof aStage>>;

/** Delivered jobs, one that waits for the only enabled key to cool down, an alert, a person with premium. */
async function live(stage: Stage): Promise<void> {
  const { core, ask, passing } = stage;
  const ended: string[] = [];
  core.service.onEnded((id) => void ended.push(id));
  core.keys.disable([idAt(core, 1)]);
  core.start();
  for (const updateId of [1, 2, 3]) await ask(6 + updateId, updateId);
  await passing(until(() => ended.length === 3));
  await passing(core.keys.test([idAt(core, 2)]));
  await core.storage.users.addPremium(7, 3, stage.clock.now());
  core.keys.disable([1, 2, 4, 5, 6].map((place) => idAt(core, place)));
  await ask(7, 4);
  await stage.clock.advance(2_000);
}

function idAt(core: Core, place: number) {
  const key = core.keys.snapshot().keys[place - 1];
  if (key === undefined) throw new Error(`Cannot find key ${place}`);
  return key.id;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

const questions: Readonly<Record<string, (admin: AdminApi) => Promise<unknown>>> = {
  'keys.list()': (admin) => admin.keys.list(),
  'jobs.list()': (admin) => admin.jobs.list({ count: 10 }),
  'jobs.list() of a person': (admin) => admin.jobs.list({ count: 10, userId: 7, state: 'waiting' }),
  'jobs.find()': (admin) => admin.jobs.find(jobId('tg-1')),
  'jobs.find() of no job': (admin) => admin.jobs.find(jobId('tg-99')),
  'jobs.trail()': (admin) => admin.jobs.trail(jobId('tg-1')),
  'alerts()': (admin) => admin.alerts(),
  'costs()': (admin) => admin.costs(0),
  'people.find()': (admin) => admin.people.find(7),
  'people.find() of somebody named premium': (admin) => admin.people.find(8),
  'people.find() of nobody': (admin) => admin.people.find(99),
};

test('the owner of the database and another process return the same for every question', async () => {
  await using stage = await aStage();
  await live(stage);
  for (const [name, question] of Object.entries(questions)) {
    const [own, other] = [await question(stage.core.admin), await stage.beside(question)];
    expect({ [name]: other }).toEqual({ [name]: own });
  }
  const { admin } = stage.core;
  expect((await admin.keys.list()).map(({ state }) => state.kind)).toEqual([
    'disabled',
    'disabled',
    'cooling',
    'disabled',
    'disabled',
    'disabled',
  ]);
  expect(await admin.alerts()).toMatchObject([{ facts: { kind: 'no-key-ready' } }]);
  expect((await admin.jobs.list({ count: 10 })).map(({ job }) => job.state.kind)).toEqual([
    'waiting',
    'ended',
    'ended',
    'ended',
  ]);
  expect(await admin.costs(0)).not.toEqual([]);
  expect(await admin.people.find(7)).toMatchObject({ lane: 'premium', usedToday: { image: 2, video: 0 }, openJobs: 2 });
});

test('both show failing keys alike: refused, limited, in one account, with their statistics', async () => {
  await using stage = await aStage();
  await live(stage);
  stage.core.keys.enable('all');
  const { core, passing, ask } = stage;
  let ended = 0;
  core.service.onEnded(() => void (ended += 1));
  await passing(core.keys.test('all'));
  await ask(20, 20);
  await passing(until(() => ended === 2));
  await stage.clock.advance(3_000);
  const own = await core.admin.keys.list();
  expect(own.map(({ state }) => state.kind).slice(0, 4)).toEqual(['ready', 'benched', 'cooling', 'ready']);
  expect(own.map(({ account }) => account !== undefined)).toEqual([false, false, false, false, true, true]);
  expect(await stage.beside((admin) => admin.keys.list())).toEqual(own);
});

test('both return the same when they test keys', async () => {
  await using stage = await aStage();
  const { core, passing, beside } = stage;
  core.keys.disable([idAt(core, 4)]);
  const chosen = [idAt(core, 2), idAt(core, 4), keyId('nobody')];
  const tests = (admin: AdminApi) => Promise.all([admin.keys.test('all'), admin.keys.test(chosen)]);
  const plainly = (found: Awaited<ReturnType<typeof tests>>) =>
    found.map((one) => one.map(({ ms, ...said }) => ({ ...said, took: typeof ms })));
  const own = plainly(await passing(tests(core.admin)));
  expect(plainly(await beside(tests))).toEqual(own);
  expect(own.map((one) => one.map(({ name, ok, reason }) => [name, ok, reason]))).toEqual([
    [
      ['bytez #1', true, undefined],
      ['bytez #2', false, 'rejected'],
      ['bytez #3', true, undefined],
      ['bytez #5', true, undefined],
      ['bytez #6', true, undefined],
    ],
    [
      ['bytez #2', false, 'rejected'],
      ['bytez #4', true, undefined],
    ],
  ]);
});

/** Otherwise the waiting job continues at once and changes the keys. */
async function withNothingToDo(core: Core): Promise<void> {
  await core.admin.jobs.cancel(jobId('tg-4'));
}

const changes: Readonly<Record<string, (admin: AdminApi, core: Core) => Promise<unknown>>> = {
  'keys.disable() of two': (admin, core) => admin.keys.disable([idAt(core, 1), idAt(core, 4), keyId('nobody')]),
  'keys.enable() of all': async (admin, core) => {
    await withNothingToDo(core);
    return admin.keys.enable('all');
  },
  'keys.wake() of all': async (admin, core) => {
    await withNothingToDo(core);
    return admin.keys.wake('all');
  },
  'jobs.cancel() of a waiting job': (admin) => admin.jobs.cancel(jobId('tg-4')),
  'jobs.cancel() of an ended job': (admin) => admin.jobs.cancel(jobId('tg-1')),
  'jobs.cancel() of no job': (admin) => admin.jobs.cancel(jobId('tg-99')),
  'people.addPremium()': (admin) => admin.people.addPremium(9, 2, 'grant-1'),
  'people.addPremium() with the same grant': async (admin) => {
    await admin.people.addPremium(9, 2, 'grant-1');
    return admin.people.addPremium(9, 2, 'grant-1');
  },
};

test.each(Object.entries(changes))('%s has the same effect from both, and the owner makes it', async (_, change) => {
  const outcomes = [];
  for (const from of ['owner', 'beside'] as const) {
    await using stage = await aStage();
    await live(stage);
    const { core, beside, passing, clock } = stage;
    const beforeMs = clock.now();
    const answer =
      from === 'owner' ? await passing(change(core.admin, core)) : await beside((admin) => change(admin, core));
    const keys = (await core.admin.keys.list()).map(({ name, state }) => `${name} ${state.kind}`);
    const jobs = (await core.admin.jobs.list({ count: 10 })).map(({ job }) => `${job.id} ${job.state.kind}`);
    const { premiumUntilMs = 0 } = (await core.admin.people.find(9)).user;
    const days = Math.floor(Math.max(0, premiumUntilMs - beforeMs) / 86_400_000);
    outcomes.push({ answer: withoutTime(answer), keys, jobs, days });
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
});

/** Premium that another process grants begins when the owner reads the command. */
function withoutTime(answer: unknown): unknown {
  const { kind, value } = answer as { readonly kind: string; readonly value: unknown };
  return { kind, value: typeof value === 'number' && value > 1_000 ? 'a time' : value };
}

test('a change without an owner stays stored, and the next owner makes it', async () => {
  await using stage = await aStage();
  await live(stage);
  const { core, config, keys, clock, passing } = stage;
  await core.drain(AbortSignal.abort());
  await core[Symbol.asyncDispose]();
  {
    using other = await openAdmin({ config, keys, clock });
    expect(other.owner).toBe('stopped');
    expect(await other.admin.alerts()).toEqual([]);
    expect(await passing(other.admin.keys.enable('all'))).toEqual({ kind: 'asked' });
    expect((await other.admin.keys.list())[0]?.state).toEqual({ kind: 'disabled' });
  }
  await using next = await openCore({
    config,
    keys,
    clock,
    random: () => 0.5,
    emit: () => undefined,
    parts: { results: instantResults() },
  });
  await clock.advance(1_000);
  expect((await next.admin.keys.list()).some(({ state }) => state.kind === 'disabled')).toBe(false);
});

test('where the bot has never run everything is empty, keys are as configured, and nothing can be changed', async () => {
  await using stage = await aStage();
  const config = { ...stage.config, dataDir: join(stage.config.dataDir, 'elsewhere') };
  using other = await openAdmin({ config, keys: stage.keys, clock: stage.clock });
  const { admin, owner, unconfiguredKeys } = other;
  expect([owner, unconfiguredKeys]).toEqual(['never-ran', 0]);
  expect((await admin.keys.list()).map(({ name, state, seats }) => [name, state.kind, seats])).toEqual(
    ids.map((place) => [`bytez #${place}`, 'ready', 1]),
  );
  expect([await admin.jobs.list({ count: 5 }), await admin.alerts(), await admin.costs(0)]).toEqual([[], [], []]);
  expect(await admin.people.find(8)).toMatchObject({ lane: 'premium', openJobs: 0 });
  await expect(admin.keys.wake('all')).rejects.toThrow(/has never run/);
  await expect(admin.jobs.cancel(jobId('tg-1'))).rejects.toThrow(/has never run/);
});
