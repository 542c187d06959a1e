import { type Command, Option } from 'commander';
import type { ProcessContext } from '../process-context.ts';

const asJson = ['--json', 'print one JSON document, for programs', false] as const;

const moveHelp = `
The bot has to be stopped: every process of it. What is moved from is never changed.
A move that is interrupted goes on where it stopped when the same command is given again.
At the end both sides are compared row by row; only then may the copy be used.

  darkroom move --to postgres   from the file in DATA_DIR into the empty database of DATABASE_URL
  darkroom move --to sqlite     back; a file that is there already is kept beside the new one
`;

/** `darkroom move` and `darkroom processes`. */
export function addDatabaseCommands(program: Command, context: ProcessContext): void {
  program
    .command('move')
    .description(
      'move everything the bot keeps between the file in DATA_DIR and the PostgreSQL database of DATABASE_URL',
    )
    .addOption(new Option('--to <engine>', 'where it goes').choices(['postgres', 'sqlite']).makeOptionMandatory())
    .option(...asJson)
    .addHelpText('after', moveHelp)
    .action(async (options: { to: 'postgres' | 'sqlite'; json: boolean }) => {
      const { move } = await import('./move.ts');
      await move(context, options);
    });

  program
    .command('processes')
    .description('show the processes of the bot that share a PostgreSQL database: versions, last beat, roles, jobs')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { showProcesses } = await import('./processes.ts');
      await showProcesses(context, options);
    });
}
