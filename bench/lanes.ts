import { type Lane, premiumInARow } from '../src/domain/kinds.ts';
import type { Provider } from '../src/domain/provider.ts';
import { virtualClock } from '../src/kit/virtual-clock.ts';
import type { BenchmarkReport, Progress } from './figure.ts';
import { benchSecrets, openBenchCore } from './open-bench-core.ts';
import { jain } from './jain.ts';

const keys = 5;
const callMs = 40_000;
const freePeople = 40;
const hours = 3;
const stepMs = 500;

/** Now and then somebody with premium asks: about one request in twelve. */
const nowAndThenMs = 97_000;
/** People with premium ask for more than every seat can make. */
const allTheTimeMs = 6_000;

/** What one world gave: waits in milliseconds, by lane, and how often each free person was served. */
type World = {
  readonly premiumWaits: readonly { readonly waitMs: number; readonly idealMs: number }[];
  readonly freeWaitsMs: readonly number[];
  /** Share of free requests among those that were begun in the second half, when the lines are long. */
  readonly freeShare: number;
  readonly served: readonly number[];
};

/**
 * Hours of overload on a clock that is moved by hand, so the figures are exact: forty free people who ask again the moment
 * they are served, five keys of one seat, and people with premium who ask now and then, never, or all the time.
 */
export async function lanes(progress: Progress, worldHours = hours): Promise<BenchmarkReport> {
  const play = (premiumEveryMs: number | undefined, seats = keys) =>
    playWorld({ premiumEveryMs, seats, worldHours, progress });
  const [mixed, without, crowded] = [await play(nowAndThenMs), await play(undefined), await play(allTheTimeMs)];
  // As many seats as are kept for free people while premium would fill all, and nobody with premium.
  const ofShare = await play(undefined, keys / (premiumInARow + 1));
  const longest = ({ freeWaitsMs }: World) => Math.max(...freeWaitsMs) / 1_000;
  const waits = mixed.premiumWaits.map(({ waitMs }) => waitMs);
  const ideals = mixed.premiumWaits.map(({ idealMs }) => idealMs);
  const rival = (idealMs: number) => ({ name: 'the next seat that frees', value: idealMs / 1_000 });
  return {
    figures: [
      {
        what: `premium's median wait under overload`,
        unit: 's',
        better: 'lower',
        app: median(waits) / 1_000,
        rival: rival(median(ideals)),
      },
      {
        what: `premium's mean wait under overload`,
        unit: 's',
        better: 'lower',
        app: mean(waits) / 1_000,
        rival: rival(mean(ideals)),
      },
      {
        what: `median wait of free people beside it, one request in twelve being premium`,
        unit: 's',
        better: 'lower',
        app: median(mixed.freeWaitsMs) / 1_000,
        rival: { name: 'nobody has premium', value: median(without.freeWaitsMs) / 1_000 },
      },
      {
        what: 'longest wait of free people beside it',
        unit: 's',
        better: 'lower',
        app: longest(mixed),
        rival: { name: 'nobody has premium', value: longest(without) },
      },
      {
        what: 'longest wait of free people while premium alone would fill every seat',
        unit: 's',
        better: 'lower',
        app: longest(crowded),
        rival: { name: 'nobody has premium, on the seats of their share', value: longest(ofShare) },
      },
      {
        what: 'share of free requests while premium alone would fill every seat',
        unit: 'of 1',
        better: 'higher',
        app: crowded.freeShare,
        rival: { name: 'the share that is kept for them', value: 1 / (premiumInARow + 1) },
      },
      {
        what: `fairness among ${freePeople} free people (Jain's index)`,
        unit: 'of 1',
        better: 'higher',
        app: jain(mixed.served, freePeople),
        rival: { name: 'everybody served equally', value: 1 },
      },
    ],
  };
}

type WorldSize = {
  /** Undefined where nobody has premium. */
  readonly premiumEveryMs: number | undefined;
  readonly seats: number;
  readonly worldHours: number;
  readonly progress: Progress;
};

async function playWorld({ premiumEveryMs, seats, worldHours, progress }: WorldSize): Promise<World> {
  const clock = virtualClock();
  const random = seeded(7);
  const freedMs: number[] = [];
  const provider: Provider = {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    generate: async (_request, _secret, signal) => {
      await clock.sleep(callMs * (0.5 + random()), signal);
      freedMs.push(clock.now());
      return { ok: true, source: { kind: 'bytes', bytes: new Uint8Array([1]) } };
    },
  };
  const startedMs = new Map<number, number>();
  await using core = await openBenchCore({
    secrets: benchSecrets(seats),
    seatsPerKey: 1,
    providers: () => new Map([['bytez', provider]]),
    // A provider that never refuses would be given ever more calls, and nobody would wait.
    env: { BYTEZ_SEATS_MAX: '1', FREE_WAITING: '1000', PREMIUM_WAITING: '1000' },
    clock,
    random,
    emit: (event) => {
      if (event.event === 'job.started') startedMs.set(Number(event.jobId.slice('tg-'.length)), clock.now());
    },
  });
  const { service } = core;
  core.start();
  const asked: { readonly updateId: number; readonly lane: Lane; readonly askedMs: number }[] = [];
  const ask = async (userId: number, lane: Lane): Promise<void> => {
    const updateId = asked.length + 1;
    asked.push({ updateId, lane, askedMs: clock.now() });
    await service.submit({
      kind: 'image',
      prompt: 'a fox',
      lane,
      locale: 'en',
      updateId,
      origin: { chatId: userId, chatType: 'private', userId, messageId: updateId },
    });
  };
  const served = new Map<number, number>();
  using _ended = service.onEnded((id) => {
    void service.find(id).then(async (found) => {
      if (found === undefined || found.job.lane === 'premium') return;
      const { userId } = found.job.origin;
      served.set(userId, (served.get(userId) ?? 0) + 1);
      await ask(userId, 'free');
    });
  });
  for (let person = 1; person <= freePeople; person += 1) await ask(person, 'free');
  const beganMs = clock.now();
  const endMs = beganMs + worldHours * 3_600_000;
  let nextPremiumMs = beganMs + (premiumEveryMs ?? Infinity);
  for (let lastHour = 0; clock.now() < endMs;) {
    await clock.advance(stepMs);
    if (clock.now() >= nextPremiumMs) {
      nextPremiumMs += premiumEveryMs ?? Infinity;
      await ask(1_000 + asked.length, 'premium');
    }
    const hour = Math.floor((clock.now() - beganMs) / 3_600_000);
    if (hour > lastHour) progress(`hour ${(lastHour = hour)} of ${worldHours}`);
  }
  await core.drain(AbortSignal.abort());
  const begun = asked.flatMap(({ updateId, lane, askedMs }) => {
    const began = startedMs.get(updateId);
    const seat = freedMs.find((atMs) => atMs >= askedMs);
    if (began === undefined || seat === undefined) return [];
    return [{ lane, isLate: began > (beganMs + endMs) / 2, waitMs: began - askedMs, idealMs: seat - askedMs }];
  });
  const late = begun.filter(({ isLate }) => isLate);
  return {
    premiumWaits: begun.filter(({ lane }) => lane === 'premium'),
    // The first round of the free people finds empty seats.
    freeWaitsMs: begun
      .filter(({ lane }) => lane === 'free')
      .slice(freePeople)
      .map(({ waitMs }) => waitMs),
    freeShare: late.filter(({ lane }) => lane === 'free').length / late.length,
    served: [...served.values()],
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/** The same chances in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
