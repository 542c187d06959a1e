import { performance } from 'node:perf_hooks';
import type { Person } from '../sandbox/telegram/people/person.ts';
import type { BenchmarkReport, Figure, Progress } from './figure.ts';
import { quantile } from './quantile.ts';
import { openBareBot, openApp, type Stage } from './measured-bot.ts';

const rounds = 25;
const peopleARound = 20;
const atOnce = 10;
const maxAnswerMs = 20_000;

type Samples = { readonly oneByOne: number[]; readonly together: number[] };

/** Milliseconds from what a person says to the first answer on their phone, while no provider ever answers. */
export async function firstAnswer(progress: Progress): Promise<BenchmarkReport> {
  await using app = await openApp();
  await using bare = await openBareBot();
  app.bytez.hold();
  const stages = [new AnswerWatch(app), new AnswerWatch(bare)] as const;
  for (const stage of stages) await stage.ask(stage.newPerson());
  const [ours, theirs] = [noSamples(), noSamples()];
  for (let round = 1; round <= rounds; round += 1) {
    await playRound(stages[0], ours);
    await playRound(stages[1], theirs);
    if (round % 5 === 0) progress(`round ${round} of ${rounds}, ${peopleARound} people each`);
  }
  return {
    figures: [
      ...figuresFor('one person at a time', ours.oneByOne, theirs.oneByOne),
      ...figuresFor(`${atOnce} people at once`, ours.together, theirs.together),
    ],
  };
}

function noSamples(): Samples {
  return { oneByOne: [], together: [] };
}

async function playRound(stage: AnswerWatch, samples: Samples): Promise<void> {
  const people = Array.from({ length: peopleARound }, () => stage.newPerson());
  for (const person of people) samples.oneByOne.push(await stage.ask(person));
  for (let from = 0; from < people.length; from += atOnce) {
    const crowd = people.slice(from, from + atOnce);
    samples.together.push(...(await Promise.all(crowd.map((person) => stage.ask(person)))));
  }
}

function figuresFor(how: string, app: readonly number[], bare: readonly number[]): readonly Figure[] {
  return [50, 99].map((percent) => ({
    what: `first answer, ${how}, p${percent}`,
    unit: 'ms',
    better: 'lower',
    app: quantile(app, percent / 100),
    rival: { name: 'bare grammY bot', value: quantile(bare, percent / 100) },
  }));
}

/** Sees when the bot's first message after a question stands in the person's chat. */
class AnswerWatch {
  readonly #stage: Stage;
  readonly #waiting = new Map<number, (atMs: number) => void>();
  #people = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    stage.telegram.onChange((change) => {
      if (change.kind !== 'message-sent' || change.from !== 'bot') return;
      this.#waiting.get(change.chatId)?.(performance.now());
      this.#waiting.delete(change.chatId);
    });
  }

  newPerson(): Person {
    this.#people += 1;
    return this.#stage.telegram.person({ id: 1_000 + this.#people, firstName: 'Robin', languageCode: 'en' });
  }

  async ask(person: Person): Promise<number> {
    const answered = Promise.withResolvers<number>();
    this.#waiting.set(person.id, answered.resolve);
    const impatience = setTimeout(
      () => answered.reject(new Error(`Cannot measure: no answer within ${maxAnswerMs} ms`)),
      maxAnswerMs,
    );
    const askedMs = performance.now();
    person.say('/generate a red fox in the snow');
    try {
      return (await Promise.race([answered.promise, this.#stage.process.died])) - askedMs;
    } finally {
      clearTimeout(impatience);
    }
  }
}
