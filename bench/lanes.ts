import type { Provider } from '../src/domain/provider.ts';
import { virtualClock } from '../src/kit/virtual-clock.ts';
import type { BenchmarkReport, Progress } from './figure.ts';
import { benchSecrets, openBenchCore } from './open-bench-core.ts';

const keys = 5;
const callMs = 40_000;
const freePeople = 40;
const hours = 3;
const premiumEveryMs = 97_000;
const stepMs = 500;

/**
 * Three hours of overload on a clock that is moved by hand, so the figures are exact: forty free people who ask again
 * the moment they are served, five keys of one seat, and now and then one who has premium.
 */
export async function lanes(progress: Progress): Promise<BenchmarkReport> {
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
    secrets: benchSecrets(keys),
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
  let updates = 0;
  const ask = async (userId: number, lane: 'premium' | 'free'): Promise<number> => {
    updates += 1;
    const updateId = updates;
    await service.submit({
      kind: 'image',
      prompt: 'a fox',
      lane,
      locale: 'en',
      updateId,
      origin: { chatId: userId, chatType: 'private', userId, messageId: updateId },
    });
    return updateId;
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
  const premium: { readonly updateId: number; readonly askedMs: number }[] = [];
  const beganMs = clock.now();
  const endMs = beganMs + hours * 3_600_000;
  let nextPremiumMs = beganMs + premiumEveryMs;
  for (let lastHour = 0; clock.now() < endMs;) {
    await clock.advance(stepMs);
    if (clock.now() >= nextPremiumMs) {
      nextPremiumMs += premiumEveryMs;
      premium.push({ updateId: await ask(1_000 + premium.length, 'premium'), askedMs: clock.now() });
    }
    const hour = Math.floor((clock.now() - beganMs) / 3_600_000);
    if (hour > lastHour) progress(`hour ${(lastHour = hour)} of ${hours}`);
  }
  await core.drain(AbortSignal.abort());
  const waits = premium.flatMap(({ updateId, askedMs }) => {
    const began = startedMs.get(updateId);
    const seat = freedMs.find((atMs) => atMs >= askedMs);
    return began === undefined || seat === undefined ? [] : [{ waitMs: began - askedMs, idealMs: seat - askedMs }];
  });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    figures: [
      {
        what: `premium's mean wait under overload`,
        unit: 's',
        better: 'lower',
        app: mean(waits.map(({ waitMs }) => waitMs)) / 1_000,
        rival: { name: 'the next seat that frees', value: mean(waits.map(({ idealMs }) => idealMs)) / 1_000 },
      },
      {
        what: `fairness among ${freePeople} free people (Jain's index)`,
        unit: 'of 1',
        better: 'higher',
        app: jain([...served.values()], freePeople),
        rival: { name: 'everybody served equally', value: 1 },
      },
    ],
  };
}

/** Jain's fairness index: 1 when all have the same, 1/n when one has everything. */
function jain(values: readonly number[], people: number): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return (sum * sum) / (people * squares);
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
