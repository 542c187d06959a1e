import type { Lane } from '../src/domain/kinds.ts';
import { Seat } from '../src/keys/pool/seat.ts';
import type { Random } from '../src/kit/backoff.ts';
import { type VirtualClock, virtualClock } from '../src/kit/virtual-clock.ts';
import { seededRandom } from '../sandbox/seeded-random.ts';
import { atMost, type Check, none, type PartOptions, type PartReport, same, info } from './check.ts';
import { alive, usedHeapBytes } from './heap.ts';
import { type Point, slopeOf } from './slope.ts';
import { openVirtualApp, type VirtualApp } from './virtual-app.ts';

export type HourSize = {
  readonly minutes: number;
  /** Absent where there are too few jobs for a significant slope. */
  readonly maxMbPerThousand?: number;
};

export const fullHour: HourSize = { minutes: 60, maxMbPerThousand: 0.5 };
export const shortHour: HourSize = { minutes: 2 };

const minuteMs = 60_000;
const stepMs = 500;
const askEveryMs = 1_500;
const people = 60;
const premiumPeople = 6;
/** The share of requests that are cancelled a little later. */
const cancelShare = 0.04;
const cancelWithinMs = 4_000;
const warmUpMinutes = 2;
/** By then every deadline has passed. */
const restMinutes = 15;
const maxWaitMinutes = 60;
const roundMs = 300_000;
const outage = { fromMinute: 20, toMinute: 22 } as const;

export type VirtualHourOptions = PartOptions & {
  /** The contender in place of Darkroom. */
  readonly open?: (clock: VirtualClock, random: Random) => Promise<VirtualApp>;
};

/** An hour of steady requests, cancellations and failures on a virtual clock: afterwards every resource is as before. */
export async function virtualHour(
  { minutes, maxMbPerThousand }: HourSize,
  { seed, progress, open = openVirtualApp }: VirtualHourOptions,
): Promise<PartReport> {
  const clock = virtualClock();
  const random = seededRandom(seed);
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => void warnings.push(name);
  process.on('warning', onWarning);
  try {
    const app = await open(clock, random);
    const crowd = new RequestingPeople(app, clock, random);
    await crowd.askFor(warmUpMinutes);
    const before = await atRest(app, clock);
    progress(`warm after ${app.ended} jobs`);
    const points: Point[] = [];
    await crowd.askFor(minutes, (minute) => {
      app.provider.isDown = minute >= outage.fromMinute && minute < outage.toMinute;
      // Before that, the timers of ended jobs still accumulate.
      if (minute > restMinutes) points.push({ x: app.ended / 1_000, y: usedHeapBytes() / 1e6 });
      if (minute % 10 === 0) progress(`minute ${minute}, ${app.ended} jobs ended, ${app.provider.calls} calls`);
    });
    const after = await atRest(app, clock);
    const stillOpen = await app.open();
    const leased = app.leased();
    await app[Symbol.asyncDispose]();
    await clock.advance(restMinutes * minuteMs);
    if (app.errors.length > 0) progress(`error: ${String(app.errors[0])}`);
    const { requests, refused } = crowd;
    return {
      checks: [
        info('requests in the hour', `${requests}, ${refused} of them refused`),
        info('provider calls', app.provider.calls),
        same('jobs that ended', app.ended, requests - refused),
        none('jobs still open', stillOpen),
        none('seats still in use', leased),
        none('unexpected errors', app.errors.length),
        ...sameAsBefore(before, after),
        ...(maxMbPerThousand === undefined
          ? []
          : [atMost('heap for each 1,000 jobs', slopeOf(points), maxMbPerThousand, ' MB')]),
        none('timers after the app was closed', clock.pending),
        none('warnings of too many listeners', warnings.filter((name) => name.startsWith('MaxListeners')).length),
      ],
    };
  } finally {
    process.off('warning', onWarning);
  }
}

/** Many people, one of whom makes a request every second and a half. */
class RequestingPeople {
  readonly #app: VirtualApp;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  requests = 0;
  refused = 0;

  constructor(app: VirtualApp, clock: VirtualClock, random: Random) {
    this.#app = app;
    this.#clock = clock;
    this.#random = random;
  }

  async askFor(minutes: number, onMinute: (minute: number) => void = () => undefined): Promise<void> {
    const startedMs = this.#clock.now();
    let asked = 0;
    for (let minute = 1; minute <= minutes; minute += 1) {
      while (this.#clock.now() < startedMs + minute * minuteMs) {
        if (this.#clock.now() >= startedMs + asked * askEveryMs) {
          asked += 1;
          await this.#ask();
        }
        await this.#clock.advance(stepMs);
      }
      onMinute(minute);
    }
  }

  async #ask(): Promise<void> {
    this.requests += 1;
    const request = this.requests;
    const userId = 1 + (request % people);
    const lane: Lane = userId <= premiumPeople ? 'premium' : 'free';
    if (!(await this.#app.ask(request, userId, lane))) this.refused += 1;
    if (this.#random() >= cancelShare) return;
    this.#clock.schedule(cancelWithinMs * this.#random(), () => void this.#app.cancel(request, userId));
  }
}

/** Resources while there are no requests. */
type AtRest = {
  readonly timers: number;
  readonly signals: number;
  readonly seats: number;
  readonly heapMb: number;
};

async function atRest(app: VirtualApp, clock: VirtualClock): Promise<AtRest> {
  for (let waited = 0; (await app.open()) > 0 && waited < maxWaitMinutes; waited += 1) {
    await clock.advance(minuteMs);
  }
  await clock.advance(restMinutes * minuteMs);
  // Maintenance probes idle keys in rounds; at the end of one it has probed all of them.
  await clock.advance((2 * roundMs - 1_000 - (clock.monotonicMs() % roundMs)) % roundMs);
  const heapMb = usedHeapBytes() / 1e6;
  return { timers: clock.pending, signals: alive(AbortSignal), seats: alive(Seat), heapMb };
}

function sameAsBefore(before: AtRest, after: AtRest): readonly Check[] {
  return [
    atMost('timers at rest', after.timers, before.timers),
    atMost('abort signals alive at rest', after.signals, before.signals),
    atMost('seats alive at rest', after.seats, before.seats),
    info('heap at rest, before and after', `${before.heapMb.toFixed(1)} MB, ${after.heapMb.toFixed(1)} MB`),
  ];
}
