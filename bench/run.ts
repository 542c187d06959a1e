import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { ablation } from './ablation.ts';
import { dashboard } from './dashboard.ts';
import { deepQueue } from './deep-queue.ts';
import { faultMatrix } from './fault-matrix.ts';
import { type Benchmark, type BenchmarkReport, type Figure, ratioOf } from './figure.ts';
import { firstAnswer } from './first-answer.ts';
import { flood } from './flood.ts';
import { gateway } from './gateway.ts';
import { install } from './install.ts';
import { jobsPerSecond } from './jobs-per-second.ts';
import { lanes } from './lanes.ts';
import { life } from './life/life.ts';
import { memoryAtRest } from './memory-at-rest.ts';
import { operators } from './operators.ts';
import { overhead } from './overhead.ts';
import { peers } from './peers/peers.ts';
import { resultsDir } from './scratch.ts';
import { several } from './several/several.ts';
import { tableOf } from './table.ts';
import { updatesPerSecond } from './updates-per-second.ts';

const benchmarks: readonly Benchmark[] = [
  { name: 'first-answer', run: firstAnswer },
  { name: 'life', run: life },
  { name: 'processes', run: several },
  { name: 'memory-at-rest', run: memoryAtRest },
  { name: 'install', run: install },
  { name: 'jobs-per-second', run: jobsPerSecond },
  { name: 'updates-per-second', run: updatesPerSecond },
  { name: 'flood', run: flood },
  { name: 'deep-queue', run: deepQueue },
  { name: 'lanes', run: lanes },
  { name: 'dashboard', run: dashboard },
  { name: 'operators', run: operators },
  { name: 'overhead', run: overhead },
  { name: 'peers', run: peers },
  { name: 'gateway', run: gateway },
  { name: 'fault-matrix', run: faultMatrix },
  { name: 'ablation', run: ablation },
];

const names = benchmarks.map(({ name }) => name).join(', ');
const help = `Measures Darkroom beside rivals that do less, and prints a table.

  npm run bench -- [--only NAME]... [--json FILE]

  --only NAME   only this one; may be repeated: ${names}
  --json FILE   where the figures are written (bench/results/latest.json)
  --help        these words
`;

type Finished = BenchmarkReport & { readonly name: string; readonly seconds: number };

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readWords() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      json: { type: 'string', default: join(resultsDir, 'latest.json') },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = values.only?.find((name) => benchmarks.every((benchmark) => benchmark.name !== name));
  if (unknown !== undefined) throw new Error(`Cannot find the benchmark "${unknown}"; there are ${names}`);
  return values;
}

async function runAll(chosen: readonly Benchmark[]): Promise<readonly Finished[]> {
  const finished: Finished[] = [];
  for (const [index, { name, run }] of chosen.entries()) {
    print(`[${index + 1}/${chosen.length}] ${name}`);
    const startedMs = performance.now();
    const report = await run((line) => print(`      ${line}`));
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    print(report.skipped === undefined ? `      ${seconds} s` : `      skipped: ${report.skipped}`);
    finished.push({ name, seconds, ...report });
  }
  return finished;
}

function withRatio(figure: Figure): Figure & { readonly ratio?: number } {
  const ratio = ratioOf(figure);
  return ratio === undefined ? figure : { ...figure, ratio };
}

function write(file: string, finished: readonly Finished[]): void {
  const [cpu] = cpus();
  const machine = {
    node: process.versions.node,
    sqlite: process.versions.sqlite,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
  };
  const benchmarks = finished.map((one) => ({ ...one, figures: one.figures.map(withRatio) }));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, benchmarks }, undefined, 2)}\n`);
}

// Leaves by the exit event, which ends the other processes and removes their folders.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  const { only, json, help: isHelpWanted } = readWords();
  if (isHelpWanted) process.stdout.write(help);
  else {
    const finished = await runAll(benchmarks.filter(({ name }) => only === undefined || only.includes(name)));
    const file = resolve(json);
    write(file, finished);
    print(`\n${tableOf(finished.flatMap(({ figures }) => figures))}\n`);
    print(`Written to ${file}`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
