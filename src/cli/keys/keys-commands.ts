import { type Command, InvalidArgumentError } from 'commander';
import type { KeySettingsPatch, OwnKeySettings } from '../../domain/key-state.ts';
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

  addChangingCommands(keys, context);
}

/** `keys add`, `keys set` and `keys remove`. */
function addChangingCommands(keys: Command, context: ProcessContext): void {
  keys
    .command('add')
    .description('add a key while the bot runs; it is typed or piped in, tested first, and kept under MASTER_KEY')
    .argument('<provider>', 'whose key it is, for example openai')
    .option('--ends <day>', 'the UTC day from which on it is not used, for example 2027-01-01', wholeDay)
    .option('--label <words>', 'what you call it', shortWords)
    .option('--seats <calls>', 'how many calls it carries at once', wholeSeats)
    .option('--weight <number>', 'its share with ROTATION_STRATEGY=weighted', aboveZero)
    .option('--group <name>', 'keys of one provider with the same group share an account', groupName)
    .option(...asJson)
    .action(async (provider: string, { ends, ...options }: AddOptions) => {
      const { addKey } = await import('./change-keys.ts');
      await addKey(context, provider, { ...options, ...(ends === undefined ? {} : { endsOn: ends }) });
    });

  keys
    .command('set')
    .description('set end, label, seats, weight or group of one key; "none" takes a setting back')
    .argument('<name>', namesHelp)
    .option('--ends <day>', 'the UTC day from which on it is not used, for example 2027-01-01', orNone(wholeDay))
    .option('--label <words>', 'what you call it', orNone(shortWords))
    .option('--seats <calls>', 'how many calls it carries at once', orNone(wholeSeats))
    .option('--weight <number>', 'its share with ROTATION_STRATEGY=weighted', orNone(aboveZero))
    .option('--group <name>', 'keys of one provider with the same group share an account', orNone(groupName))
    .option(...asJson)
    .action(async (name: string, { json, ...options }: SetOptions) => {
      const { setKey } = await import('./change-keys.ts');
      await setKey(context, name, { json, ...patchOf(options) });
    });

  keys
    .command('remove')
    .description('forget a key that was added while the bot ran; one that stands elsewhere is refused, with its place')
    .argument('<name>', namesHelp)
    .option(...asJson)
    .action(async (name: string, options: { json: boolean }) => {
      const { removeKey } = await import('./change-keys.ts');
      await removeKey(context, name, options);
    });
}

type AddOptions = Omit<OwnKeySettings, 'endsOn'> & { readonly ends?: string; readonly json: boolean };
type SetOptions = {
  readonly [Name in 'ends' | 'label' | 'group']?: string;
} & {
  readonly [Name in 'weight' | 'seats']?: number | 'none';
} & { readonly json: boolean };

/** The library turns a null of a parser into an empty text, so `none` stays a word until `patchOf`. */
function orNone<Value>(parse: (text: string) => Value): (text: string) => Value | 'none' {
  return (text) => (text === 'none' ? 'none' : parse(text));
}

function patchOf({ ends, ...others }: Omit<SetOptions, 'json'>): KeySettingsPatch {
  const wanted = { ...others, ...(ends === undefined ? {} : { endsOn: ends }) };
  return Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, value === 'none' ? null : value]));
}

function wholeDay(text: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
  if (isDay && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('It is a day, for example 2027-01-01.');
}

function shortWords(text: string): string {
  const words = text.trim();
  if (words !== '' && words.length <= 80) return words;
  throw new InvalidArgumentError('It has 1 to 80 characters.');
}

function wholeSeats(text: string): number {
  const number = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= 1_000) return number;
  throw new InvalidArgumentError('It is a whole number from 1 to 1000.');
}

function aboveZero(text: string): number {
  const number = /^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0;
  if (number > 0) return number;
  throw new InvalidArgumentError('It is a number above 0 and below 10000.');
}

function groupName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,40}$/.test(text)) return text;
  throw new InvalidArgumentError('It has 1 to 40 letters, digits, _ and -.');
}

const maxIntervalS = 3_600;

function seconds(text: string): number {
  const number = /^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 0.1 && number <= maxIntervalS) return number;
  throw new InvalidArgumentError(`It is a number of seconds from 0.1 to ${maxIntervalS}.`);
}
