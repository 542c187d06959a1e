import { createRequire } from 'node:module';
import { type Command, InvalidArgumentError } from 'commander';
import { StartError } from '../app/start-error.ts';
import type * as Scenarios from '../../simulator/scenarios.ts';

type Words = {
  readonly faults: readonly string[];
  readonly strategy: readonly string[];
  readonly clients: number;
  readonly requests: number;
  readonly keys: number;
  readonly seed: number;
  readonly json: boolean;
};

const absent =
  'Cannot simulate: this installation holds only what runs the bot; use a clone of the repository and "npm ci" without --omit=dev';

const fileHelp = `
A file holds one scenario of your own as JSON, or a list of them:
  { "name": "mine", "says": "two keys are cut off", "faults": [{ "deed": "cut", "of": "keys", "keys": [1, 2] }] }

Examples:
  darkroom simulate --faults one-401,outage --strategy all
  darkroom simulate --faults ./mine.json --clients 30 --json
`;

/** Adds the command that replays faults on a virtual clock. */
export function defineSimulate(program: Command): void {
  program
    .command('simulate')
    .description('replay faults on a virtual clock and compare the key pool with simpler bots: no account, no network')
    .option('--faults <names...>', 'names of faults, files of your own, or "all"', ['all'])
    .option('--strategy <names...>', 'rotation strategies of the pool, or "all"', ['health-based'])
    .option('--clients <count>', 'clients that each send one request after the other', countUpTo(1_000), 10)
    .option('--requests <count>', 'total number of requests', countUpTo(100_000), 200)
    .option('--keys <count>', 'keys of the provider', countUpTo(1_000), 5)
    .option('--seed <number>', 'seed of the random numbers', countUpTo(2 ** 31), 1)
    .option('--json', 'print every figure as JSON instead of tables', false)
    .addHelpText('after', () => `${faultsHelp()}${fileHelp}`)
    .action(async (words: Words) => {
      const { simulateFaults } = await loadSimulator();
      await simulateFaults(words, {
        print: (text) => void process.stdout.write(`${text}\n`),
        progress: (line) => void process.stderr.write(`${line}\n`),
      });
    });
}

/** Loads the simulator, which the image does not hold; throws a StartError where it is absent. */
async function loadSimulator() {
  try {
    return await import('../../simulator/command.ts');
  } catch (error) {
    throw new StartError(absent, { cause: error });
  }
}

/** Commander wants the text at once, so the scenarios are loaded synchronously. */
function faultsHelp(): string {
  try {
    const { scenarios } = createRequire(import.meta.url)('../../simulator/scenarios.ts') as typeof Scenarios;
    const width = Math.max(...scenarios.map(({ name }) => name.length));
    return `\nThe faults:\n${scenarios.map(({ name, says }) => `  ${name.padEnd(width)}  ${says}`).join('\n')}\n`;
  } catch {
    return '\nThe faults are listed where the simulator is installed: in a clone of the repository.\n';
  }
}

function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const count = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(count >= 1 && count <= most)) throw new InvalidArgumentError(`It is a whole number from 1 to ${most}.`);
    return count;
  };
}
