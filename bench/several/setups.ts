import { setTimeout as rest } from 'node:timers/promises';
import { Client } from 'pg';
import { killableServer } from '../../test/support/postgres-server.ts';
import { type Contender, start, today } from '../life/contenders.ts';
import type { LifeWorld } from '../life/life-world.ts';
import { processorMs, treeProcessorMs } from '../life/process-facts.ts';

/** Processor milliseconds so far, by what they went to. */
export type Processor = { readonly bots: number; readonly store: number };

/** A bot of one or several processes with its store, in a world of its own. */
export type Live = AsyncDisposable & {
  readonly world: LifeWorld;
  readonly pids: readonly number[];
  processor(): Processor;
};

export type Setup = {
  readonly name: string;
  start(): Promise<Live>;
};

const maxStartMs = 60_000;
const lookEveryMs = 50;

/** One process, and what it stores in by itself. */
export function alone(name: string, contender: Contender): Setup {
  return {
    name,
    start: async () => {
      const running = await start(contender);
      const [bot = 0, ...stores] = running.pids;
      return {
        world: running.world,
        pids: [bot],
        processor: () => ({ bots: processorMs([bot]), store: processorMs(stores) }),
        [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
      };
    },
  };
}

/** Several processes of the bot on one PostgreSQL that waits for its disk. */
export function onPostgres(processes: number): Setup {
  return {
    name: `PostgreSQL, ${processes} ${processes === 1 ? 'process' : 'processes'}`,
    start: async () => {
      await using opening = new AsyncDisposableStack();
      const server = opening.use(await killableServer());
      const killServer = () => void server.kill();
      process.once('exit', killServer);
      opening.defer(() => void process.off('exit', killServer));
      const url = server.url.reveal();
      const first = opening.use(await start(today, { env: { DATABASE_URL: url } }));
      const others = Array.from({ length: processes - 1 }, () => opening.use(first.startAnother()));
      await Promise.race([untilEntered(url, processes), ...others.map(({ died }) => died)]);
      const pids = [first.process.pid, ...others.map(({ pid }) => pid)];
      const opened = opening.move();
      return {
        world: first.world,
        pids,
        processor: () => ({ bots: processorMs(pids), store: treeProcessorMs(server.pid ?? 0) }),
        [Symbol.asyncDispose]: () => opened.disposeAsync(),
      };
    },
  };
}

/** Resolves when so many processes have entered themselves in the database. */
async function untilEntered(connectionString: string, processes: number): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
      const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM darkroom.processes');
      if ((rows[0]?.n ?? 0) >= processes) return;
      if (waitedMs > maxStartMs) throw new Error(`Cannot start ${processes} processes: ${rows[0]?.n} are there`);
      await rest(lookEveryMs);
    }
  } finally {
    await client.end();
  }
}

/** Measures one setup after the other; one that cannot be measured is named, and the others go on. */
export async function each(
  setups: readonly Setup[],
  progress: (line: string) => void,
  measure: (setup: Setup, live: Live) => Promise<void>,
): Promise<void> {
  for (const setup of setups) {
    try {
      await using live = await setup.start();
      await measure(setup, live);
    } catch (error) {
      progress(`${setup.name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
