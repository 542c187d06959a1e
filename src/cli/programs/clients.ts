import { type Command, InvalidArgumentError, Option } from 'commander';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { StartError } from '../../app/start-error.ts';
import { clientName, type ClientRow, parseClientsFile, withClient, withoutClient } from '../../config/clients-file.ts';
import type { ApiClient } from '../../domain/gateway/api-client.ts';
import { type JobKind, jobKinds, type Lane, lanes } from '../../domain/kinds.ts';
import { replaceFile, systemCode } from '../../kit/replace-file.ts';
import { writeJson } from '../keys/key-tables.ts';
import { readConfig } from '../keys/known-keys.ts';
import type { ProcessContext } from '../process-context.ts';
import { table } from '../table.ts';

const asJson = ['--json', 'print one JSON document, for programs', false] as const;

type AddOptions = {
  readonly kinds?: readonly JobKind[];
  readonly budget?: number;
  readonly lane: Lane;
  readonly rate?: number;
  readonly running?: number;
  readonly webhook?: string;
  readonly json: boolean;
};

/** `darkroom clients …`: the programs that may ask through the gateway. */
export function addClientsCommands(program: Command, context: ProcessContext): void {
  const clients = program
    .command('clients')
    .description(
      'the programs that may ask through /v1, in API_CLIENTS_FILE; a running bot takes changes over in seconds',
    );

  clients
    .command('add')
    .description('add a client and print its token, which is shown once and kept nowhere')
    .argument('<name>', 'letters, digits, dots, hyphens and underscores')
    .option('--kinds <kinds>', `what it may ask for, separated by commas: ${jobKinds.join(', ')}`, kindsOf)
    .option('--budget <dollars>', 'the most that it may spend in one UTC day', amount)
    .addOption(new Option('--lane <lane>', 'the lane in which it waits').choices(lanes).default('free'))
    .option('--rate <calls>', 'calls in one minute', whole)
    .option('--running <calls>', 'calls that run at once; the others wait', whole)
    .option('--webhook <url>', 'where the endings of its calls are told')
    .option(...asJson)
    .action((name: string, options: AddOptions) => addClient(context, name, options));

  clients
    .command('list')
    .description('the clients and their limits')
    .option(...asJson)
    .action((options: { json: boolean }) => listClients(context, options));

  clients
    .command('remove')
    .description('remove a client; its token opens nothing more')
    .argument('<name>')
    .action((name: string) => removeClient(context, name));
}

type ClientsFile = { readonly path: string; readonly text: string; readonly clients: readonly ApiClient[] };

function readFile(context: ProcessContext): ClientsFile {
  const path = readConfig(context).config.gateway.clientsFile;
  if (path === undefined) {
    throw new StartError(
      'Cannot find the clients: set API_CLIENTS_FILE to a file, for example ./clients.yaml, for this command and for the bot',
    );
  }
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const table = parseClientsFile(text);
  if (!table.ok) throw new StartError(`Cannot read API_CLIENTS_FILE: it ${table.mistakes.join('; it ')}`);
  return { path, text, clients: table.rows };
}

function writeFile(path: string, text: string): void {
  try {
    replaceFile(path, text);
  } catch (error) {
    throw new StartError(
      `Cannot write API_CLIENTS_FILE: the system says ${systemCode(error)}; the folder has to exist and be writable`,
      { cause: error },
    );
  }
}

function addClient(context: ProcessContext, name: string, options: AddOptions): void {
  const { path, text, clients } = readFile(context);
  if (!clientName.test(name)) {
    throw new StartError(
      'Cannot add the client: a name is letters, digits, dots, hyphens and underscores, 64 at most, and begins with a letter or digit',
    );
  }
  if (clients.some((client) => client.name === name)) {
    throw new StartError(`Cannot add the client "${name}": there is one already; remove it first for a new token`);
  }
  const token = `dk_${randomBytes(32).toString('base64url')}`;
  const { kinds, budget, lane, rate, running, webhook, json } = options;
  const row: ClientRow = {
    name,
    token_sha256: createHash('sha256').update(token).digest('hex'),
    lane,
    ...(kinds === undefined ? {} : { kinds: [...kinds] }),
    ...(budget === undefined ? {} : { budget_per_day: budget }),
    ...(rate === undefined ? {} : { rate_per_minute: rate }),
    ...(running === undefined ? {} : { running }),
    ...(webhook === undefined ? {} : { webhook }),
  };
  const written = withClient(text, row, path.endsWith('.json'));
  const checked = parseClientsFile(written);
  if (!checked.ok) throw new StartError(`Cannot add the client "${name}": ${checked.mistakes.join('; ')}`);
  writeFile(path, written);
  if (json) return writeJson(context.out, { name, token });
  context.out.write(
    `The client ${name} was added. Its token, which is not shown again:\n\n  ${token}\n\nSend it as a bearer token to http://<HTTP_HOST>:<HTTP_PORT>/v1.\n`,
  );
}

function listClients(context: ProcessContext, { json }: { readonly json: boolean }): void {
  const { clients } = readFile(context);
  if (json) return writeJson(context.out, { clients: clients.map(({ tokenHash: _hash, ...shown }) => shown) });
  if (clients.length === 0) return context.out.write('There is no client; "darkroom clients add NAME" adds one.\n');
  const columns = [
    { title: 'client' },
    { title: 'lane' },
    { title: 'asks for' },
    { title: 'a day', align: 'right' as const },
    { title: 'a minute', align: 'right' as const },
    { title: 'at once', align: 'right' as const },
  ];
  const rows = clients.map(({ name, lane, kinds, budgetPerDay, ratePerMinute, running }) => [
    name,
    lane,
    kinds?.join(', ') ?? 'everything',
    budgetPerDay === undefined ? 'no limit' : `$${budgetPerDay}`,
    ratePerMinute === undefined ? 'no limit' : String(ratePerMinute),
    running === undefined ? 'no limit' : String(running),
  ]);
  context.out.write(`${table(context.out, columns, rows).join('\n')}\n`);
}

function removeClient(context: ProcessContext, name: string): void {
  const { path, text, clients } = readFile(context);
  if (!clients.some((client) => client.name === name)) {
    throw new StartError(
      `Cannot remove the client "${name}": there is none of that name; "darkroom clients list" shows them`,
    );
  }
  writeFile(path, withoutClient(text, name, path.endsWith('.json')));
  context.out.write(`The client ${name} was removed.\n`);
}

function kindsOf(text: string): readonly JobKind[] {
  const named = text.split(',').map((part) => part.trim());
  const known = jobKinds.filter((kind) => named.includes(kind));
  if (known.length === 0 || named.some((name) => !jobKinds.some((kind) => kind === name))) {
    throw new InvalidArgumentError(`Kinds are ${jobKinds.join(', ')}, separated by commas.`);
  }
  return known;
}

function amount(text: string): number {
  if (!/^\d{1,7}(?:\.\d{1,6})?$/.test(text))
    throw new InvalidArgumentError('A budget is an amount of dollars, for example 2.50.');
  return Number(text);
}

function whole(text: string): number {
  const number = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new InvalidArgumentError('A limit is a whole number from 1.');
  return number;
}
