import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allMutants } from './mutants/all.ts';
import { checkTests, type Mutant, placeOf } from './mutants/mutant.ts';
import { runTests } from './mutants/run-tests.ts';
import { copyTree, type Tree } from './mutants/tree.ts';

const usage = `Takes the defences out of the sources one at a time and runs the tests that have to notice.

  npm run mutants                     all of them
  npm run mutants -- --only breaker   those whose name or file holds these words
  npm run mutants -- --list           names them and their tests, and runs nothing
  npm run mutants -- --jobs 4         so many at a time (half of the cores when absent)

Ends with code 1 when a mutant survives, breaks its file or cannot be applied, or when a test fails without any.
`;

type Verdict = { readonly kind: 'caught' | 'survived' | 'broken' | 'lost'; readonly words: string };

/** All their test files together, on a machine that is busy with other work. */
const allTestsPatienceMs = 3_600_000;

const project = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else process.exitCode = await main();

async function main(): Promise<number> {
  const stop = new AbortController();
  const end = () => stop.abort(new Error('Stopped'));
  process.once('SIGINT', end).once('SIGTERM', end);
  using trees = new DisposableStack();
  const first = trees.use(copyTree(project));
  const chosen = allMutants.filter((mutant) => isChosen(mutant, first));
  if (values.list) {
    for (const { name, tests } of chosen) process.stdout.write(`${name}\n    ${tests.join(' ')}\n`);
    process.stdout.write(`${chosen.length} mutants\n`);
    return 0;
  }
  const count = Math.min(Math.max(1, Number(values.jobs) || 1), Math.max(1, chosen.length));
  const all = [first, ...Array.from({ length: count - 1 }, () => trees.use(copyTree(project)))];
  try {
    return (await passWithoutAny(chosen, first, stop.signal)) ? await tryAll(chosen, all, stop.signal) : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stdout.write('Stopped; nothing is left behind.\n');
    return 130;
  }
}

function isChosen(mutant: Mutant, { sources }: Tree): boolean {
  if (mutant.name.includes(values.only)) return true;
  return [...sources].some(([file, text]) => file.includes(values.only) && text.includes(mutant.find));
}

/** A test that fails anyway would catch everything. */
async function passWithoutAny(mutants: readonly Mutant[], { root }: Tree, signal: AbortSignal): Promise<boolean> {
  const tests = [...new Set(mutants.flatMap((one) => one.tests))];
  process.stdout.write(`${tests.length} test files without any mutant …\n`);
  const run = await runTests(root, tests, signal, { bail: false, patienceMs: allTestsPatienceMs });
  if (run.kind === 'passed') return true;
  const why = run.kind === 'failed' ? run.titles.join('\n  ') : run.kind === 'broken' ? run.words : 'they do not end';
  process.stdout.write(`They have to pass first:\n  ${why}\n`);
  return false;
}

async function tryAll(mutants: readonly Mutant[], trees: readonly Tree[], signal: AbortSignal): Promise<number> {
  const waiting = mutants.map((mutant, index) => ({ mutant, index }));
  const failures: string[] = [];
  let done = 0;
  const worker = async (tree: Tree) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { kind, words } = await tryOne(next.mutant, tree, signal);
      done += 1;
      const line = `${kind.padEnd(8)} ${next.mutant.name}${words === '' ? '' : `: ${words}`}`;
      if (kind !== 'caught') failures.push(line);
      process.stdout.write(`${String(done).padStart(3)}/${mutants.length} ${line}\n`);
    }
  };
  const ended = await Promise.allSettled(trees.map(worker));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  const caught = mutants.length - failures.length;
  process.stdout.write(`\n${caught} of ${mutants.length} caught\n${failures.map((line) => `  ${line}\n`).join('')}`);
  return failures.length === 0 ? 0 : 1;
}

async function tryOne(mutant: Mutant, tree: Tree, signal: AbortSignal): Promise<Verdict> {
  let place;
  try {
    place = placeOf(mutant, tree.sources);
    checkTests(mutant, tree.testFiles);
  } catch (error) {
    return { kind: 'lost', words: error instanceof Error ? error.message : String(error) };
  }
  tree.write(place.file, place.changed);
  try {
    const run = await runTests(tree.root, mutant.tests, signal);
    switch (run.kind) {
      case 'passed':
        return { kind: 'survived', words: `${place.file}, ${mutant.tests.join(' ')}` };
      case 'failed':
        return { kind: 'caught', words: '' };
      case 'timed-out':
        return { kind: 'caught', words: 'its tests do not end' };
      case 'broken':
        return { kind: 'broken', words: run.words };
    }
  } finally {
    tree.restore();
  }
}
