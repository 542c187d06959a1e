import { type Command, InvalidArgumentError, Option } from 'commander';
import type { JobState } from '../domain/job.ts';
import type { Shell } from './completion.ts';
import { shells } from './completion.ts';
import type { ProcessContext } from './process-context.ts';

const asJson = ['--json', 'print one JSON document, for programs', false] as const;
const states = ['waiting', 'running', 'ended', 'told'] as const satisfies readonly JobState['kind'][];
const maxListed = 100;

/** `darkroom alerts`, `jobs …`, `people …`, `health …` and `completion`. */
export function addAdminCommands(program: Command, context: ProcessContext): void {
  program
    .command('alerts')
    .description('what is wrong right now and what to do about it; exit code 1 when it is urgent')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { showAlerts } = await import('./alerts.ts');
      await showAlerts(context, options);
    });

  const jobs = program.command('jobs').description('show jobs and end them, whether or not the bot runs');
  jobs
    .command('list')
    .description('the jobs accepted last, newest first')
    .option('--count <number>', `how many, at most ${maxListed}`, upTo(maxListed), 10)
    .option('--user <id>', 'of this person', upTo(Number.MAX_SAFE_INTEGER))
    .option('--line <provider>', 'in the line of this provider')
    .addOption(new Option('--state <state>', 'in this state').choices(states))
    .option(...asJson)
    .action(
      async (options: { count: number; user?: number; line?: string; state?: JobState['kind']; json: boolean }) => {
        const { listJobs } = await import('./jobs.ts');
        await listJobs(context, options);
      },
    );
  jobs
    .command('show')
    .description('what happened to one job, call by call; the same as explain')
    .argument('<job>', 'its id, as in the log')
    .option(...asJson)
    .action(async (id: string, { json }: { json: boolean }) => {
      const { explain } = await import('./explain.ts');
      await explain(context, { id, json });
    });
  jobs
    .command('cancel')
    .description('end a job; its person gets the same words as after their own cancel')
    .argument('<job>', 'its id, as in the log')
    .option(...asJson)
    .action(async (id: string, options: { json: boolean }) => {
      const { cancelJob } = await import('./jobs.ts');
      await cancelJob(context, id, options);
    });

  const people = program.command('people').description('people and groups by number, whether or not the bot runs');
  people
    .command('show')
    .description('lane, open jobs, block, rest and refusals of a person, or of a group with its minus sign')
    .argument('<id>', 'as in the log', idOfPerson)
    .option(...asJson)
    .action(async (id: number, options: { json: boolean }) => {
      const { showPerson } = await import('./people.ts');
      await showPerson(context, id, options);
    });
  people
    .command('blocks')
    .description('who is blocked')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { listBlocks } = await import('./people.ts');
      await listBlocks(context, options);
    });
  people
    .command('block')
    .description('take no requests from a person or a group any more; what they have open is cancelled')
    .argument('<id>', 'as in the log', idOfPerson)
    .option('--reason <words>', 'which they are shown')
    .option(...asJson)
    .action(async (id: number, options: { reason?: string; json: boolean }) => {
      const { blockPerson } = await import('./people.ts');
      await blockPerson(context, id, options);
    });
  people
    .command('unblock')
    .description('end a block, and a rest after refusals')
    .argument('<id>', 'as in the log', idOfPerson)
    .option(...asJson)
    .action(async (id: number, options: { json: boolean }) => {
      const { unblockPerson } = await import('./people.ts');
      await unblockPerson(context, id, options);
    });

  const askHealth = async () => {
    const { health } = await import('./health.ts');
    await health(context);
  };
  const health = program
    .command('health')
    .description('ask the running bot whether its process lives; for supervisors')
    .action(askHealth);
  health.command('check').description('the same as health alone').action(askHealth);
  health
    .command('summary')
    .description('each provider in one line, and how many alerts are raised; exit code 1 when no key takes calls')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { showSummary } = await import('./alerts.ts');
      await showSummary(context, options);
    });
  health
    .command('monitor')
    .description('show the keys as they change, until Ctrl-C; the same as keys monitor')
    .action(async () => {
      const { monitorKeys } = await import('./keys/monitor.ts');
      await monitorKeys(context, { intervalMs: 1_000, json: false });
    });

  program
    .command('completion')
    .description(
      'print a script that completes commands: eval "$(darkroom completion bash)"; in fish darkroom completion fish | source',
    )
    .addArgument(program.createArgument('<shell>', 'which shell').choices(shells))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion.ts');
      context.out.write(completionScript(program, shell));
    });
}

function idOfPerson(text: string): number {
  if (/^-?[1-9][0-9]{0,15}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError('It is the number of a person, or of a group with its minus sign.');
}

function upTo(most: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
    if (number >= 1 && number <= most) return number;
    throw new InvalidArgumentError(`It is a whole number from 1 to ${most}.`);
  };
}
