import { type Command, Option } from 'commander';
import { openWebhookAdmin } from '../../app/programs/open-webhooks.ts';
import { StartError } from '../../app/start-error.ts';
import { type WebhookState, webhookStates } from '../../domain/gateway/webhook-outbox.ts';
import { writeJson } from '../keys/key-tables.ts';
import { readConfig } from '../keys/known-keys.ts';
import type { ProcessContext } from '../process-context.ts';
import { table } from '../table.ts';

const shown = 50;

/** `darkroom webhooks …`: what other programs were told, and what they were not. */
export function addWebhooksCommands(program: Command, context: ProcessContext): void {
  const webhooks = program
    .command('webhooks')
    .description('what other programs are told by webhook, whether or not the bot runs');

  webhooks
    .command('list')
    .description('the newest messages: delivered, waiting, given up')
    .addOption(new Option('--state <state>', 'only these').choices(webhookStates))
    .option('--json', 'print one JSON document, for programs', false)
    .action((options: { state?: WebhookState; json: boolean }) => listWebhooks(context, options));

  webhooks
    .command('replay')
    .description('tell messages again; without an id those that were given up')
    .argument('[ids...]', 'as "darkroom webhooks list" shows them')
    .action((ids: readonly string[]) => replayWebhooks(context, ids));
}

async function listWebhooks(
  context: ProcessContext,
  { state, json }: { readonly state?: WebhookState; readonly json: boolean },
): Promise<void> {
  using admin = openWebhookAdmin(readConfig(context).config, context.clock);
  const messages = await admin.list({ count: shown, ...(state === undefined ? {} : { state }) });
  if (json) return writeJson(context.out, { webhooks: messages });
  if (messages.length === 0) return context.out.write('Nothing was told.\n');
  const columns = [
    { title: 'id' },
    { title: 'told' },
    { title: 'what' },
    { title: 'state' },
    { title: 'tries', align: 'right' as const },
    { title: 'last problem', dropOrder: 0 },
  ];
  const rows = messages.map((message) => [
    message.id,
    message.target,
    message.type,
    message.state,
    String(message.tries),
    message.problem ?? '',
  ]);
  context.out.write(`${table(context.out, columns, rows).join('\n')}\n`);
}

async function replayWebhooks(context: ProcessContext, ids: readonly string[]): Promise<void> {
  using admin = openWebhookAdmin(readConfig(context).config, context.clock);
  const count = await admin.replay(ids.length === 0 ? 'failed' : ids);
  if (count === 0 && ids.length > 0) {
    throw new StartError(
      'Cannot tell them again: there are no such messages; "darkroom webhooks list" shows those that are kept',
    );
  }
  context.out.write(`${count} ${count === 1 ? 'message is' : 'messages are'} told again, as soon as the bot runs.\n`);
}
