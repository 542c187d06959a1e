import { type Command, InvalidArgumentError } from 'commander';
import type { ProcessContext } from '../process-context.ts';

const asJson = ['--json', 'print one JSON document, for programs', false] as const;
const namesHelp = 'as "darkroom keys list" shows them: 3, "#3", bytez#3, or the beginning of a fingerprint';

/** `darkroom keys …`: shows the keys of a running or stopped bot, and asks it to change them. */
export function addKeysCommands(program: Command, context: ProcessContext): void {
  const keys = program.command('keys').description('show and change the provider keys, whether or not the bot runs');

  keys
    .command('list')
    .description('the state of each key; exit code 1 when a provider has no key that takes calls')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { listKeys } = await import('./key-tables.ts');
      await listKeys(context, options);
    });

  keys
    .command('stats')
    .description('calls, successes and durations of each key')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { keyStats } = await import('./key-tables.ts');
      await keyStats(context, options);
    });

  keys
    .command('report')
    .description('what is wrong and what to do about it; exit code as for list')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { reportKeys } = await import('./report.ts');
      await reportKeys(context, options);
    });

  keys
    .command('test')
    .description('ask every provider whether its keys are accepted, all at once, for free; exit code 1 when none is')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { testKeys } = await import('./test-keys.ts');
      await testKeys(context, options);
    });

  keys
    .command('monitor')
    .description('show the keys as they change, until Ctrl-C')
    .option('--interval <seconds>', 'time between two readings', seconds, 1)
    .option('--json', 'print one JSON document a change, a line each', false)
    .action(async ({ interval, json }: { interval: number; json: boolean }) => {
      const { monitorKeys } = await import('./monitor.ts');
      await monitorKeys(context, { intervalMs: interval * 1_000, json });
    });

  keys
    .command('wake')
    .description('make cooling and benched keys ready again')
    .argument('[names...]', namesHelp)
    .option('--all', 'every cooling or benched key', false)
    .option(...asJson)
    .action(async (names: string[], options: { all: boolean; json: boolean }) => {
      const { askOwner } = await import('./ask-owner.ts');
      await askOwner(context, { command: 'wake', names, ...options });
    });

  for (const [command, description] of [
    ['disable', 'take keys out of use until they are enabled'],
    ['enable', 'use keys again that were disabled'],
  ] as const) {
    keys
      .command(command)
      .description(description)
      .argument('<names...>', namesHelp)
      .option(...asJson)
      .action(async (names: string[], { json }: { json: boolean }) => {
        const { askOwner } = await import('./ask-owner.ts');
        await askOwner(context, { command, names, all: false, json });
      });
  }
}

const maxIntervalS = 3_600;

function seconds(text: string): number {
  const number = /^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 0.1 && number <= maxIntervalS) return number;
  throw new InvalidArgumentError(`It is a number of seconds from 0.1 to ${maxIntervalS}.`);
}
