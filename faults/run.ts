import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Check, Part } from './check.ts';
import { checkTable } from './check-table.ts';
import { crashPoints } from './crash-points.ts';
import { crowd, fullCrowd } from './crowd.ts';
import { fullUpdates, fuzzUpdates } from './fuzz-updates.ts';
import { machineFailures } from './machine-failures.ts';
import { postgresKills } from './postgres-kills.ts';
import { inOwnProcess } from './own-process.ts';
import { resultsDir } from './stand-ins.ts';
import { fullProcesses, processes, shortProcesses } from './several/processes.ts';
import { fullSoak, soak } from './soak.ts';
import { fullStorm, shortStorm, storm } from './storm.ts';

const parts: readonly Part[] = [
  {
    name: 'storm',
    about:
      '10,000 requests, 400 packs bought, albums and changed pictures, 70 % of attempts failing, Telegram failing by kind of method and by chat, 20 kills',
    run: (options) => storm(fullStorm, options),
  },
  {
    name: 'short-storm',
    about: '240 requests, 30 packs bought, albums and changed pictures with the same faults, 3 kills',
    run: (options) => storm(shortStorm, options),
  },
  {
    name: 'processes',
    about:
      '10,000 requests to three processes on PostgreSQL, 20 of them killed, 5 frozen, PostgreSQL killed 10 times, 2 rolling restarts',
    run: (options) => processes(fullProcesses, options),
  },
  {
    name: 'short-processes',
    about: '240 requests to three processes on PostgreSQL, 3 of them killed, one frozen, PostgreSQL killed once',
    run: (options) => processes(shortProcesses, options),
  },
  {
    name: 'crowd',
    about: '500 people who chat at once for two minutes, within the limits of Telegram',
    run: (options) => crowd(fullCrowd, options),
  },
  { name: 'crash-points', about: 'ten kills at every point of a request', run: crashPoints },
  { name: 'machine', about: 'full disks, locked databases, clock changes, late answers', run: machineFailures },
  {
    name: 'postgres',
    about: '2,000 jobs of three processes, whose PostgreSQL is killed ten times',
    run: postgresKills,
  },
  {
    name: 'fuzz-updates',
    about: '20,000 updates of all kinds from 1,600 people',
    run: (options) => fuzzUpdates(fullUpdates, options),
  },
  {
    name: 'fuzz-answers',
    about: '20,000 provider answers, and the files that they lead to',
    run: inOwnProcess('fuzz-answers'),
  },
  {
    name: 'steady',
    about: 'two minutes of steady load: memory, timers, connections and files as before',
    run: (options) => soak(fullSoak, options),
  },
  {
    name: 'virtual-hour',
    about: 'an hour of steady load on a virtual clock, while a quarter of all calls fails',
    run: inOwnProcess('virtual-hour'),
  },
];

const names = parts.map(({ name }) => name).join(', ');
const longRepeats = 5;
/** The parts mostly wait, so two of them run at the same time. */
const atOnce = 2;
const help = `Injects faults of many kinds at once, and checks that nothing is lost and nothing is shown twice.

  npm run faults -- [--only NAME]... [--seed N] [--long] [--json FILE]

  --only NAME   only this part; may be repeated: ${names}
  --seed N      seed of the random numbers (1)
  --long        every part with ${longRepeats} seeds
  --json FILE   where the results are written (faults/results/latest.json)
  --help        print this
`;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// Leaves by the exit event, which ends the other processes and removes their folders.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      seed: { type: 'string', default: '1' },
      long: { type: 'boolean', default: false },
      json: { type: 'string', default: join(resultsDir, 'latest.json') },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = values.only?.find((name) => parts.every((part) => part.name !== name));
  if (unknown !== undefined) throw new Error(`Cannot find the part "${unknown}"; there are ${names}`);
  if (!/^[0-9]{1,9}$/.test(values.seed)) throw new Error('Cannot use this seed: give a whole number, for example 1');
  if (values.help) print(help);
  else await runAll(values.only, Number(values.seed), values.long ? longRepeats : 1, resolve(values.json));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

type Found = { part: string; seed: number; seconds: number; checks: readonly Check[]; skipped?: string };

async function runAll(only: readonly string[] | undefined, seed: number, repeats: number, file: string) {
  const found: Found[] = [];
  const chosen = parts.filter(({ name }) => (only === undefined ? !name.startsWith('short-') : only.includes(name)));
  const rounds = chosen.flatMap((part) =>
    Array.from({ length: repeats }, (_, round) => ({ part, seed: seed + round })),
  );
  const next = async (): Promise<void> => {
    for (let round = rounds.shift(); round !== undefined; round = rounds.shift()) found.push(await runOne(round));
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), parts: found }, undefined, 2)}\n`);
  const broken = found.flatMap(({ checks }) => checks).filter(({ holds }) => !holds);
  print(broken.length === 0 ? 'Every promise holds.' : `${broken.length} promises are BROKEN.`);
  print(`Written to ${file}`);
  if (broken.length > 0) process.exitCode = 1;
}

async function runOne({ part, seed }: { readonly part: Part; readonly seed: number }): Promise<Found> {
  const { name, about, run } = part;
  print(`${name}: ${about} (seed ${seed})`);
  const startedMs = performance.now();
  const report = await run({ seed, progress: (line) => void process.stderr.write(`  ${name}: ${line}\n`) });
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  const found = report.skipped === undefined ? checkTable(report.checks) : `skipped: ${report.skipped}`;
  print(`\n${name}, ${seconds} s\n${found}\n`);
  return { part: name, seed, seconds, ...report };
}
