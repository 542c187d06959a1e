import { type Command, InvalidArgumentError, Option } from 'commander';
import { type WebhookState, webhookStates } from '../../domain/gateway/webhook-outbox.ts';
import { type JobKind, jobKinds, lanes } from '../../domain/kinds.ts';
import type { ProcessContext } from '../process-context.ts';
import type { AddOptions } from './clients.ts';

const asJson = ['--json', 'print one JSON document, for programs', false] as const;

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
    .action(async (name: string, options: AddOptions) => {
      const { addClient } = await import('./clients.ts');
      addClient(context, name, options);
    });

  clients
    .command('list')
    .description('the clients and their limits')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { listClients } = await import('./clients.ts');
      listClients(context, options);
    });

  clients
    .command('remove')
    .description('remove a client; its token opens nothing more')
    .argument('<name>')
    .action(async (name: string) => {
      const { removeClient } = await import('./clients.ts');
      removeClient(context, name);
    });
}

/** `darkroom webhooks …`: what other programs were told, and what they were not. */
export function addWebhooksCommands(program: Command, context: ProcessContext): void {
  const webhooks = program
    .command('webhooks')
    .description('what other programs are told by webhook, whether or not the bot runs');

  webhooks
    .command('list')
    .description('the newest messages: delivered, waiting, given up')
    .addOption(new Option('--state <state>', 'only these').choices(webhookStates))
    .option(...asJson)
    .action(async (options: { state?: WebhookState; json: boolean }) => {
      const { listWebhooks } = await import('./webhooks.ts');
      await listWebhooks(context, options);
    });

  webhooks
    .command('replay')
    .description('tell messages again; without an id those that were given up')
    .argument('[ids...]', 'as "darkroom webhooks list" shows them')
    .action(async (ids: readonly string[]) => {
      const { replayWebhooks } = await import('./webhooks.ts');
      await replayWebhooks(context, ids);
    });
}

/** `darkroom token …`: the token of the HTTP interface and of the dashboard. */
export function addTokenCommands(program: Command, context: ProcessContext): void {
  program
    .command('token')
    .description('ADMIN_TOKEN, which opens the HTTP interface and the dashboard')
    .command('rotate')
    .description('write a new token to where the old one is and print it once; the old one opens nothing from then on')
    .option(...asJson)
    .action(async (options: { json: boolean }) => {
      const { rotateToken } = await import('./token.ts');
      await rotateToken(context, options);
    });
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
