import { openWebhookAdmin } from '../../app/programs/open-webhooks.ts';
import { StartError } from '../../app/start-error.ts';
import type { WebhookState } from '../../domain/gateway/webhook-outbox.ts';
import { writeJson } from '../keys/key-tables.ts';
import { readConfig } from '../keys/known-keys.ts';
import type { ProcessContext } from '../process-context.ts';
import { table } from '../table.ts';

const shown = 50;

/** Prints the newest messages of the webhooks. */
export async function listWebhooks(
  context: ProcessContext,
  { state, json }: { readonly state?: WebhookState; readonly json: boolean },
): Promise<void> {
  using admin = await openWebhookAdmin(readConfig(context).config, context.clock);
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

/** Tells messages again: those of these ids, or those that were given up. */
export async function replayWebhooks(context: ProcessContext, ids: readonly string[]): Promise<void> {
  using admin = await openWebhookAdmin(readConfig(context).config, context.clock);
  const count = await admin.replay(ids.length === 0 ? 'failed' : ids);
  if (count === 0 && ids.length > 0) {
    throw new StartError(
      'Cannot tell them again: there are no such messages; "darkroom webhooks list" shows those that are kept',
    );
  }
  context.out.write(`${count} ${count === 1 ? 'message is' : 'messages are'} told again, as soon as the bot runs.\n`);
}
