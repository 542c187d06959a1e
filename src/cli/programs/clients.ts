import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { StartError } from '../../app/start-error.ts';
import { clientName, type ClientRow, parseClientsFile, withClient, withoutClient } from '../../config/clients-file.ts';
import type { ApiClient } from '../../domain/gateway/api-client.ts';
import type { JobKind, Lane } from '../../domain/kinds.ts';
import { replaceFile, systemCode } from '../../kit/files.ts';
import { writeJson } from '../keys/key-tables.ts';
import { readConfig } from '../keys/known-keys.ts';
import type { ProcessContext } from '../process-context.ts';
import { table } from '../table.ts';

export type AddOptions = {
  readonly kinds?: readonly JobKind[];
  readonly budget?: number;
  readonly lane: Lane;
  readonly rate?: number;
  readonly running?: number;
  readonly webhook?: string;
  readonly json: boolean;
};

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

/** Adds a client to API_CLIENTS_FILE and prints its token, which is kept nowhere. */
export function addClient(context: ProcessContext, name: string, options: AddOptions): void {
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

/** Prints the clients and their limits. */
export function listClients(context: ProcessContext, { json }: { readonly json: boolean }): void {
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

/** Removes a client from API_CLIENTS_FILE. */
export function removeClient(context: ProcessContext, name: string): void {
  const { path, text, clients } = readFile(context);
  if (!clients.some((client) => client.name === name)) {
    throw new StartError(
      `Cannot remove the client "${name}": there is none of that name; "darkroom clients list" shows them`,
    );
  }
  writeFile(path, withoutClient(text, name, path.endsWith('.json')));
  context.out.write(`The client ${name} was removed.\n`);
}
