import { performance } from 'node:perf_hooks';
import type { BenchmarkReport, Progress } from './figure.ts';
import { median } from './quantile.ts';
import { openBareBot, openApp, type Stage } from './measured-bot.ts';

const people = 100;
/** The stand-in's flood control lets a private chat have thirty messages in ten seconds. */
const saysEach = 5;
const rounds = 4;
const maxRoundMs = 60_000;

/** Requests a second that come in, are made durable and are answered, when very many people ask at the same moment. */
export async function updatesPerSecond(progress: Progress): Promise<BenchmarkReport> {
  await using app = await openApp();
  await using bare = await openBareBot();
  app.bytez.hold();
  const rates = { app: [] as number[], bare: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const [ours, theirs] = [await flood(app, round), await flood(bare, round)];
    // The first round warms up.
    if (round === 0) continue;
    rates.app.push(ours);
    rates.bare.push(theirs);
    progress(`round ${round} of ${rounds}: ${Math.round(ours)} and ${Math.round(theirs)} a second`);
  }
  return {
    figures: [
      {
        what: `requests of ${people} people taken and answered`,
        unit: 'a second',
        better: 'higher',
        app: median(rates.app),
        rival: { name: 'bare grammY bot', value: median(rates.bare) },
      },
    ],
  };
}

async function flood({ telegram, process }: Stage, round: number): Promise<number> {
  const crowd = Array.from({ length: people }, (_, index) =>
    telegram.person({ id: 10_000 + round * people + index, firstName: 'Robin', languageCode: 'en' }),
  );
  const ids = new Set(crowd.map(({ id }) => id));
  const answered = Promise.withResolvers<void>();
  let left = people * saysEach;
  using _watching = telegram.onChange((change) => {
    if (change.kind !== 'message-sent' || change.from !== 'bot' || !ids.has(change.chatId)) return;
    left -= 1;
    if (left === 0) answered.resolve();
  });
  const impatience = setTimeout(
    () => answered.reject(new Error(`Cannot measure: ${left} requests were not answered within ${maxRoundMs} ms`)),
    maxRoundMs,
  );
  const startedMs = performance.now();
  for (let say = 0; say < saysEach; say += 1) for (const person of crowd) person.say('/generate a red fox in the snow');
  try {
    await Promise.race([answered.promise, process.died]);
  } finally {
    clearTimeout(impatience);
  }
  return (people * saysEach * 1_000) / (performance.now() - startedMs);
}
