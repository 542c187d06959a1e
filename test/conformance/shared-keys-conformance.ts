import { expect, test } from 'vitest';
import { keyId } from '../../src/domain/ids.ts';
import type { SeatClaim, SharedFact, SharedKeys, SharedNews } from '../../src/domain/shared/shared-keys.ts';

/** A store under test, the way of one process to it, a way of another one, and its clock, which the test moves. */
export type SharedUnderTest = AsyncDisposable & {
  readonly one: SharedKeys;
  readonly other: SharedKeys;
  advance(ms: number): Promise<void>;
  /** Resolves when all news that were told have been heard. */
  heard(): Promise<void>;
};

export type MakeShared = () => Promise<SharedUnderTest>;

const leaseMs = 12_000;
const [first, second] = [keyId('key-1'), keyId('key-2')];
let seats = 0;

function wish(holder: string, more: Partial<SeatClaim> = {}): SeatClaim {
  const keys = more.keyId ?? first;
  return { seatId: `seat-${(seats += 1)}`, holder, keyId: keys, accountKeys: [keys], limit: 1, ...more };
}

async function joined(app: SharedUnderTest): Promise<void> {
  await app.one.join('one', leaseMs);
  await app.other.join('other', leaseMs);
}

/** Time passes, and both holders beat. */
async function alive(app: SharedUnderTest, ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= leaseMs / 2) {
    await app.advance(Math.min(leftMs, leaseMs / 2));
    await app.one.beat('one', leaseMs);
    await app.other.beat('other', leaseMs);
  }
}

const ready = (id = first): SharedFact => ({ kind: 'key', id, value: { state: { kind: 'ready' }, limitedInARow: 0 } });
const benched: SharedFact = {
  kind: 'key',
  id: first,
  value: {
    state: { kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 1, confirmed: true },
    limitedInARow: 0,
    account: second,
    balance: { amount: 1.5, unit: 'USD', atMs: 1 },
  },
};

/** Registers the tests that every SharedKeys has to pass. */
export function sharedKeysConformance(name: string, make: MakeShared, options: { readonly skip?: boolean } = {}): void {
  const promises = options.skip === true ? test.skip : test;

  promises(`${name} gives an account as many seats as it has, whoever asks, and tells what the others do`, async () => {
    await using app = await make();
    await joined(app);
    const { one, other } = app;
    const [mine, theirs] = [wish('one', { limit: 2 }), wish('other', { limit: 2 })];
    expect((await one.take(mine)).kind).toBe('seat');
    const taken = await other.take(theirs);
    expect(taken).toMatchObject({ kind: 'seat', view: { keys: [{ keyId: first, underWay: 1 }] } });
    const full = await one.take(wish('one', { limit: 2 }));
    expect(full).toMatchObject({ kind: 'full', view: { keys: [{ keyId: first, underWay: 1 }] } });
    await one.giveBack('one', [{ seatId: mine.seatId, countsForMs: 0 }]);
    await one.giveBack('one', [{ seatId: mine.seatId, countsForMs: 0 }]);
    expect((await other.take(wish('other', { limit: 2 }))).kind).toBe('seat');
    expect((await other.take(wish('other', { limit: 2 }))).kind).toBe('full');
  });

  promises(`${name} counts the seats of all keys of an account, and those of a key that carries fewer`, async () => {
    await using app = await make();
    await joined(app);
    const account = { accountKeys: [first, second], limit: 2 };
    expect((await app.one.take(wish('one', { ...account, keyLimit: 1 }))).kind).toBe('seat');
    expect((await app.other.take(wish('other', { ...account, keyLimit: 1 }))).kind).toBe('full');
    expect((await app.other.take(wish('other', { ...account, keyId: second }))).kind).toBe('seat');
    expect((await app.one.take(wish('one', { ...account, keyId: second }))).kind).toBe('full');
    expect(
      (await app.one.take({ ...wish('one', { keyId: second }), accountKeys: [first, second], limit: 3 })).kind,
    ).toBe('seat');
  });

  promises(`${name} counts a call that is under way already whatever the limit`, async () => {
    await using app = await make();
    await joined(app);
    await app.one.take(wish('one'));
    const { limit: _none, ...resumed } = wish('other');
    expect((await app.other.take(resumed)).kind).toBe('seat');
    await app.one.giveBack('other', [{ seatId: resumed.seatId, countsForMs: 0 }]);
    expect((await app.one.take(wish('one', { limit: 2 }))).kind).toBe('seat');
  });

  promises(`${name} never gives more seats than there are to many who ask at once`, async () => {
    await using app = await make();
    await joined(app);
    const asked = Array.from({ length: 24 }, (_, at) => (at % 2 === 0 ? 'one' : 'other'));
    const taken = await Promise.all(
      asked.map((holder) => (holder === 'one' ? app.one : app.other).take(wish(holder, { limit: 5 }))),
    );
    expect(taken.filter(({ kind }) => kind === 'seat')).toHaveLength(5);
  });

  promises(`${name} begins no more calls in a span of time than the window takes, ended ones counted`, async () => {
    await using app = await make();
    await joined(app);
    const many = { limit: 9, window: { calls: 2, spanMs: 60_000 } };
    const [refused, counted] = [wish('one', many), wish('one', many)];
    await app.one.take(refused);
    await app.one.giveBack('one', [{ seatId: refused.seatId, countsForMs: 0 }]);
    await app.one.take(counted);
    await app.one.giveBack('one', [{ seatId: counted.seatId, countsForMs: 60_000 }]);
    await app.advance(20_000);
    expect((await app.other.take(wish('other', many))).kind).toBe('seat');
    const full = await app.other.take(wish('other', many));
    expect(full).toMatchObject({ kind: 'full', view: { keys: [{ keyId: first, underWay: 0 }] } });
    const agoMs = full.kind === 'fenced' ? [] : (full.view.keys[0]?.beganAgoMs ?? []);
    expect(agoMs).toHaveLength(1);
    expect(agoMs[0]).toBeGreaterThanOrEqual(20_000);
    expect(agoMs[0]).toBeLessThan(40_000);
    await app.advance(41_000);
    expect((await app.other.take(wish('other', { ...many, limit: 9 }))).kind).toBe('seat');
  });

  promises(`${name} gives the seats of a dead holder to who wants them, and fences it`, async () => {
    await using app = await make();
    await joined(app);
    const late = wish('one');
    await app.one.take(late);
    await app.advance(leaseMs - 2_000);
    expect(await app.other.beat('other', leaseMs)).toBe(true);
    expect((await app.other.take(wish('other'))).kind).toBe('full');
    await app.advance(3_000);
    expect(await app.other.view('other')).toMatchObject({ keys: [{ keyId: first, underWay: 0 }] });
    expect((await app.other.take(wish('other'))).kind).toBe('seat');
    expect(await app.one.beat('one', leaseMs)).toBe(false);
    expect(await app.one.take(wish('one', { limit: 9 }))).toEqual({ kind: 'fenced' });
    expect(await app.one.publish('one', ready(), 0, 1)).toEqual({ kind: 'fenced' });
    await app.one.giveBack('one', [{ seatId: late.seatId, countsForMs: 60_000 }]);
    expect((await app.other.take(wish('other'))).kind).toBe('full');
    await app.one.join('one again', leaseMs);
    expect((await app.one.take(wish('one again', { limit: 2 }))).kind).toBe('seat');
  });

  promises(`${name} lets a holder that was silent go on where nobody wanted its seats`, async () => {
    await using app = await make();
    await joined(app);
    await app.one.take(wish('one'));
    await app.advance(3 * leaseMs);
    expect(await app.one.beat('one', leaseMs)).toBe(true);
    await app.other.beat('other', leaseMs);
    expect((await app.other.take(wish('other'))).kind).toBe('full');
  });

  promises(`${name} frees all seats of a holder that leaves, and tells of them`, async () => {
    await using app = await make();
    await joined(app);
    const news: SharedNews[] = [];
    using _listening = app.other.subscribe((one) => news.push(one));
    await app.one.take(wish('one'));
    await app.one.leave('one');
    expect((await app.other.take(wish('other'))).kind).toBe('seat');
    await app.heard();
    expect(news).toEqual([{ kind: 'seats', keyId: first, by: 'one' }]);
    expect(await app.one.take(wish('one', { limit: 9 }))).toEqual({ kind: 'fenced' });
  });

  promises(`${name} shows what others do with some keys or with all, never one's own`, async () => {
    await using app = await make();
    await joined(app);
    await app.one.take(wish('one'));
    await app.one.take(wish('one', { keyId: second, limit: 2 }));
    await app.one.take(wish('one', { keyId: second, limit: 2 }));
    const counts = async (holder: string, keys?: readonly (typeof first)[]) =>
      (await app.one.view(holder, keys)).keys
        .map((one) => [one.keyId, one.underWay])
        .toSorted((a, b) => String(a).localeCompare(String(b)));
    expect(await counts('other')).toEqual([
      [first, 1],
      [second, 2],
    ]);
    expect(await counts('other', [second])).toEqual([[second, 2]]);
    expect(await counts('one')).toEqual([]);
    const [before, after] = [await app.one.view('one'), await app.other.view('other')];
    expect(after.at).toBeGreaterThanOrEqual(before.at);
  });

  promises(`${name} stores a fact after the version that its writer knew, and after no other`, async () => {
    await using app = await make();
    await joined(app);
    expect(await app.one.publish('one', ready(), 0, 11)).toEqual({ kind: 'published', version: 1 });
    await app.advance(1_000);
    const behind = await app.other.publish('other', benched, 0, 12);
    expect(behind).toMatchObject({ kind: 'behind', known: { fact: ready(), version: 1, savedAtMs: 11 } });
    expect(behind.kind === 'behind' && behind.known.ageMs).toBeGreaterThanOrEqual(1_000);
    expect(await app.other.publish('other', benched, 1, 12)).toEqual({ kind: 'published', version: 2 });
    expect(await app.one.facts()).toMatchObject([{ fact: benched, version: 2, savedAtMs: 12 }]);
  });

  promises(`${name} stores one of two facts that are written at once`, async () => {
    await using app = await make();
    await joined(app);
    const written = await Promise.all([
      app.one.publish('one', ready(), 0, 1),
      app.other.publish('other', benched, 0, 1),
      app.one.publish('one', ready(), 0, 1),
    ]);
    expect(written.map(({ kind }) => kind).toSorted()).toEqual(['behind', 'behind', 'published']);
  });

  promises(`${name} keeps facts of every kind, by name`, async () => {
    await using app = await make();
    await joined(app);
    const facts: readonly SharedFact[] = [
      benched,
      {
        kind: 'account',
        id: first,
        value: {
          seats: { limit: 3, ceiling: { seats: 3, tryAtMs: 5, holdMs: 60_000 }, told: 4 },
          window: {
            limit: 5,
            lengthMs: 60_000,
            untilMs: 9,
            daily: { limit: 9, left: 1, untilMs: 2, lengthMs: 3, forgottenAtMs: 4 },
          },
          told: { limit: 8, left: -1, untilMs: 7, lengthMs: 6 },
        },
      },
      { kind: 'breaker', id: 'bytez', value: { isOpen: true } },
      { kind: 'model', id: 'bytez:a/b', value: { forMs: 5_000, why: 'unknown', isGone: true } },
    ];
    for (const fact of facts) await app.one.publish('one', fact, 0, 1);
    const named = async (...names: readonly SharedFact[]) => (await app.other.facts(names)).map(({ fact }) => fact);
    for (const fact of facts) expect(await named(fact)).toEqual([fact]);
    expect(await named(...facts.slice(1, 3))).toHaveLength(2);
    expect(await app.other.facts([{ kind: 'breaker', id: 'openai' }])).toEqual([]);
    expect(await app.other.facts()).toHaveLength(4);
  });

  promises(`${name} gives a turn to one at a time, for as long as it may last, and not again too soon`, async () => {
    await using app = await make();
    await joined(app);
    const span = { forMs: 30_000, restMs: 10_000 };
    const both = await Promise.all([
      app.one.takeTurn('probe', 'one', span),
      app.other.takeTurn('probe', 'other', span),
    ]);
    expect(both.toSorted()).toEqual([false, true]);
    const [holder, loser] = both[0] ? (['one', 'other'] as const) : (['other', 'one'] as const);
    expect(await app.one.takeTurn('another probe', 'one', span)).toBe(true);
    await app.one.endTurn('probe', loser);
    expect(await app.one.takeTurn('probe', loser, span)).toBe(false);
    await app.one.endTurn('probe', holder);
    expect(await app.one.takeTurn('probe', loser, span)).toBe(false);
    await alive(app, 11_000);
    expect(await app.one.takeTurn('probe', loser, span)).toBe(true);
    await alive(app, 29_000);
    expect(await app.one.takeTurn('probe', holder, { ...span, restMs: 0 })).toBe(false);
    await alive(app, 2_000);
    expect(await app.one.takeTurn('probe', holder, span)).toBe(false);
    expect(await app.one.takeTurn('probe', holder, { ...span, restMs: 0 })).toBe(true);
  });

  promises(`${name} ends the turn of a holder whose lease has ended`, async () => {
    await using app = await make();
    await joined(app);
    const span = { forMs: 3_600_000, restMs: 0 };
    expect(await app.one.takeTurn('probe', 'one', span)).toBe(true);
    await app.advance(leaseMs - 2_000);
    expect(await app.other.takeTurn('probe', 'other', span)).toBe(false);
    await app.advance(3_000);
    expect(await app.other.takeTurn('probe', 'other', span)).toBe(true);
  });

  promises(`${name} tells everybody who listens of seats, of facts and of what is only said`, async () => {
    await using app = await make();
    await joined(app);
    const news: SharedNews[] = [];
    const listening = app.other.subscribe((one) => news.push(one));
    const seat = wish('one');
    await app.one.take(seat);
    await app.one.giveBack('one', [{ seatId: seat.seatId, countsForMs: 1_000 }]);
    await app.one.publish('one', ready(), 0, 1);
    await app.one.tell({ kind: 'spent', provider: 'bytez', userId: 7, usd: 0.25, by: 'one' });
    await app.one.tell({ kind: 'settings', by: 'one' });
    await app.heard();
    expect(news).toEqual([
      { kind: 'seats', keyId: first, by: 'one' },
      { kind: 'fact', name: { kind: 'key', id: first }, by: 'one' },
      { kind: 'spent', provider: 'bytez', userId: 7, usd: 0.25, by: 'one' },
      { kind: 'settings', by: 'one' },
    ]);
    listening[Symbol.dispose]();
    await app.one.tell({ kind: 'settings' });
    await app.heard();
    expect(news).toHaveLength(4);
  });
}
