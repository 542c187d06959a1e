import { join } from 'node:path';
import { z } from 'zod';
import { startNode } from '../node-process.ts';

const lived = z.object({ seconds: z.number(), answers: z.array(z.number()), ends: z.array(z.number()) });
/** Milliseconds from what a person said to the first answer, and to the result; in the order in which they came. */
export type Lived = z.output<typeof lived>;
const lasted = lived.extend({ starts: z.array(z.number()) });
/** Also to the call at the provider. */
export type Lasted = z.output<typeof lasted>;

/** A Telegram, a provider that answers at once and a host of results, in a process of their own. */
export type LifeWorld = AsyncDisposable & {
  /** host:port of all three. */
  readonly host: string;
  /** When the bot asked for updates first, in milliseconds since 1970. */
  firstPollMs(): Promise<number>;
  /** How long fetches and uploads take from now on, and whether the provider answers. */
  slow(how: { readonly fetchMs?: number; readonly uploadMs?: number; readonly isHeld?: boolean }): Promise<void>;
  /** This many people ask, at most `width` at a time, until each has a result. */
  live(count: number, width: number): Promise<Lived>;
  /** This many people ask, `perSecond` a second, until each has a first answer. */
  flood(count: number, perSecond: number): Promise<Lived>;
  /** This many people ask, `perSecond` a second in even steps, until each has a result. */
  steady(count: number, perSecond: number): Promise<Lasted>;
};

export async function startLifeWorld(cwd: string): Promise<LifeWorld> {
  const process = startNode({ args: [join(import.meta.dirname, '..', 'processes/life-world.ts')], cwd });
  const ask = async <Value>(wish: object, schema: z.ZodType<Value>) => {
    const granted = z
      .object({ answer: schema })
      .or(z.object({ error: z.string() }))
      .parse(await process.ask(wish));
    if ('error' in granted) throw new Error(granted.error);
    return granted.answer;
  };
  return {
    host: await ask({ do: 'host' }, z.string()),
    firstPollMs: () => ask({ do: 'polled' }, z.number()),
    slow: async (how) => void (await ask({ do: 'slow', ...how }, z.boolean())),
    live: (count, width) => ask({ do: 'live', count, width }, lived),
    flood: (count, perSecond) => ask({ do: 'flood', count, perSecond }, lived),
    steady: (count, perSecond) => ask({ do: 'steady', count, perSecond }, lasted),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
