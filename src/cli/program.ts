import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { createRedactor, type Redactor } from '../observability/redaction/redactor.ts';
import { type CostGroup, costGroups } from '../domain/costs.ts';
import { addClientsCommands, addTokenCommands, addWebhooksCommands } from './programs/programs-commands.ts';
import { addAdminCommands } from './admin-commands.ts';
import { addDatabaseCommands } from './database/database-commands.ts';
import { addKeysCommands } from './keys/keys-commands.ts';
import { exitCodeOf, processContext, type ProcessContext, refusedCode } from './process-context.ts';
import { defineSimulate } from './simulate.ts';
import { keepAliveFor } from './stop-signals.ts';

/** Runs the darkroom command; sets the exit code instead of ending the process. */
export async function runProgram(
  words: readonly string[],
  context: ProcessContext = processContext(),
  redactor: Redactor = createRedactor([]),
): Promise<void> {
  const program = new Command('darkroom')
    .description(
      'A Telegram bot that turns a sentence into a picture or a video, and keeps working when its API keys do not.',
    )
    .version(versionWords(), '-V, --version', 'print the versions of darkroom, Node and SQLite')
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.out.write(text), writeErr: (text) => context.err.write(text) });

  program
    .command('start')
    .description('run the bot until SIGINT or SIGTERM')
    .action(async () => {
      const { start } = await import('./start.ts');
      await start(redactor);
    });

  program
    .command('init')
    .description('set up a bot in this folder: asks for token, keys and admin, checks them, and writes .env')
    .action(async () => {
      const { init } = await import('./init/init.ts');
      await init(context);
    });

  program
    .command('demo')
    .description('run the bot in the sandbox, with a chat page for the browser: no account, no network')
    .addOption(
      new Option('--say <words>', 'send this and exit when it is answered; may be repeated').argParser(collectWords),
    )
    .addOption(new Option('--as <who>', 'who sends it').choices(['free', 'premium', 'admin']).default('free'))
    .option('--lang <code>', 'the language of the person, for example es', 'en')
    .option('--output <folder>', 'where received files are saved', 'demo-output')
    .option('--port <port>', 'port of the chat page; 0 takes a free one', port, 0)
    .option(
      '--processes <number>',
      'run the bot as so many processes (at most 8) on a PostgreSQL of the demo’s own, and kill them from the page; needs PostgreSQL installed',
      processCount,
      1,
    )
    .action(
      async (options: {
        say?: string[];
        as: 'free' | 'premium' | 'admin';
        lang: string;
        output: string;
        port: number;
        processes: number;
      }) => {
        const { say = [], as, lang, output, port, processes } = options;
        const { demo } = await import('./demo/demo.ts');
        await demo({ says: say, as, languageCode: lang, output, port, processes });
      },
    );

  program
    .command('sandbox')
    .description('run the local stand-ins for Telegram and Bytez alone')
    .option('--telegram-port <port>', 'port of the Telegram stand-in', port, 8081)
    .option('--bytez-port <port>', 'port of the Bytez stand-in', port, 8080)
    .option('--faults <file>', 'a JSON file with accounts and their faults')
    .action(async (options: { telegramPort: number; bytezPort: number; faults?: string }) => {
      const { sandbox } = await import('./sandbox.ts');
      await sandbox(options);
    });

  program
    .command('reload')
    .description('let the running bot read .env and the key files again')
    .action(async () => {
      const { reload } = await import('./reload.ts');
      await reload(context);
    });

  program
    .command('database')
    .description('look after the database')
    .command('set-aside')
    .description(
      'move a damaged database aside, so that the next start makes a new one; with DATABASE_URL say how PostgreSQL does it',
    )
    .option('--force', 'even when it is not damaged', false)
    .action(async (options: { force: boolean }) => {
      const { setAside } = await import('./backup.ts');
      setAside(context, options);
    });

  program
    .command('doctor')
    .description('check settings, machine, data folder and database, whether or not the bot runs')
    .option('--online', 'ask Telegram, the providers and the bucket too, try the HTTP port, compare clocks', false)
    .option('--json', 'print one JSON document, for programs', false)
    .action(async (options: { json: boolean; online: boolean }) => {
      const { doctor } = await import('./doctor/doctor.ts');
      await doctor(context, options);
    });

  program
    .command('backup')
    .description(
      'copy the database to a file, whether or not the bot runs; with DATABASE_URL say how PostgreSQL does it',
    )
    .argument('<file>', 'where the copy goes; it is verified before it gets its name')
    .option('--force', 'replace the file when it exists', false)
    .action(async (file: string, { force }: { force: boolean }) => {
      const { backupDatabase } = await import('./backup.ts');
      await backupDatabase(context, { file, force });
    });

  program
    .command('restore')
    .description('put a backup in the place of the database, which is kept beside; the bot has to be stopped')
    .argument('<file>', 'the backup; it is verified before anything is moved')
    .action(async (file: string) => {
      const { restoreBackup } = await import('./backup.ts');
      await restoreBackup(context, file);
    });

  addDatabaseCommands(program, context);

  defineSimulate(program);

  addKeysCommands(program, context);

  addAdminCommands(program, context);
  addClientsCommands(program, context);
  addWebhooksCommands(program, context);
  addTokenCommands(program, context);

  program
    .command('explain')
    .description('show what happened to one job, call by call; without a job the last ones are listed')
    .argument('[job]', 'its id, as in the log')
    .option('--json', 'print one JSON document, for programs', false)
    .action(async (id: string | undefined, { json }: { json: boolean }) => {
      const { explain } = await import('./explain.ts');
      await explain(context, { id, json });
    });

  program
    .command('costs')
    .description('show what was spent, by UTC day and by provider, key, model, person or kind')
    .option('--days <number>', 'how many days, today included', wholeDays, 7)
    .addOption(new Option('--by <what>', 'how to sum it').choices(costGroups).default('provider'))
    .option('--json', 'print one JSON document, for programs', false)
    .option('--csv', 'print rows for a spreadsheet', false)
    .action(async (options: { days: number; by: CostGroup; json: boolean; csv: boolean }) => {
      const { showCosts } = await import('./costs.ts');
      await showCosts(context, options);
    });

  program
    .command('payments')
    .description('payments in Telegram Stars')
    .command('list')
    .description('show the newest payments, and whether every Star and every result is accounted for')
    .option('--count <number>', 'how many', wholeDays, 20)
    .option('--json', 'print one JSON document, for programs', false)
    .action(async (options: { count: number; json: boolean }) => {
      const { listPayments } = await import('./payments.ts');
      await listPayments(context, options);
    });

  nameHelp(program, 'darkroom');
  try {
    await keepAliveFor(program.parseAsync(words, { from: 'user' }));
  } catch (error) {
    const isWrongLine = error instanceof CommanderError;
    context.exitWith(isWrongLine ? (error.exitCode === 0 ? 0 : refusedCode) : exitCodeOf(error, context));
  }
}

function versionWords(): string {
  const file: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version = typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : 'unknown';
  return `darkroom ${version} (Node ${process.versions.node}, SQLite ${process.versions.sqlite ?? 'none'})`;
}

function collectWords(words: string, before: string[] | undefined): string[] {
  if (words.trim() === '') throw new InvalidArgumentError('An empty message cannot be sent.');
  return [...(before ?? []), words];
}

/** After a mistake each command names its own help. */
function nameHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(run "${path} --help" to see what there is)`);
  for (const each of command.commands) nameHelp(each, `${path} ${each.name()}`);
}

function wholeDays(text: string): number {
  const days = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (days < 1) throw new InvalidArgumentError('A number of days is a whole number from 1 to 9999.');
  return days;
}

function processCount(text: string): number {
  if (!/^[1-8]$/.test(text)) throw new InvalidArgumentError('A number of processes is a whole number from 1 to 8.');
  return Number(text);
}

function port(text: string): number {
  const number = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= 0 && number <= 65_535)) {
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  }
  return number;
}
