import { maxChangeWaitMs, openAdmin } from '../app/open-admin.ts';
import type { Change } from '../domain/admin-api.ts';
import { writeJson } from './keys/key-tables.ts';
import { readConfig } from './keys/known-keys.ts';
import type { ProcessContext } from './process-context.ts';
import { table } from './table.ts';

type Options = { readonly json: boolean };

/** Prints what is known of a person or a group by number: no words of theirs. */
export async function showPerson(context: ProcessContext, id: number, { json }: Options): Promise<void> {
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const person = await opened.admin.people.find(id);
  if (json) return writeJson(context.out, person);
  const { lane, openJobs, restrictions } = person;
  const { block, restUntilMs, strikes } = restrictions;
  const said = [
    `${id}: ${lane} lane, ${openJobs} open ${openJobs === 1 ? 'job' : 'jobs'}`,
    block === undefined
      ? 'Not blocked'
      : `Blocked since ${minute(block.sinceMs)}${block.reason === undefined ? '' : `: ${block.reason}`}`,
    ...(restUntilMs === undefined ? [] : [`Rests after refusals until ${minute(restUntilMs)}`]),
    `Refusals that still count: ${strikes}`,
  ];
  return context.out.write(`${said.join('\n')}\n`);
}

/** Prints who is blocked. */
export async function listBlocks(context: ProcessContext, { json }: Options): Promise<void> {
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const blocks = await opened.admin.people.blocks();
  if (json) return writeJson(context.out, blocks);
  if (blocks.length === 0) return context.out.write('No person or group is blocked\n');
  const columns = [{ title: 'who', align: 'right' }, { title: 'since (UTC)' }, { title: 'reason' }] as const;
  const rows = blocks.map(({ id, sinceMs, reason }) => [String(id), minute(sinceMs), reason ?? '']);
  return context.out.write(`${table(context.out, columns, rows).join('\n')}\n`);
}

/** Asks the owner of the database to block a person or a group. */
export async function blockPerson(
  context: ProcessContext,
  id: number,
  { reason, json }: Options & { readonly reason?: string },
): Promise<void> {
  await change(context, id, json, {
    run: (people) => people.block(id, reason),
    done: (isNew) =>
      isNew
        ? `Done: ${id} is blocked, and what they had open is cancelled`
        : `${id} was blocked already; the reason is the new one`,
  });
}

/** Asks the owner of the database to end a block, and a rest after refusals. */
export async function unblockPerson(context: ProcessContext, id: number, { json }: Options): Promise<void> {
  await change(context, id, json, {
    run: (people) => people.unblock(id),
    done: (wasBlocked) => (wasBlocked ? `Done: ${id} may ask again` : `${id} is not blocked`),
  });
}

type People = Awaited<ReturnType<typeof openAdmin>>['admin']['people'];
type PersonChange = {
  readonly run: (people: People) => Promise<Change<boolean>>;
  readonly done: (value: boolean) => string;
};

async function change(context: ProcessContext, id: number, json: boolean, { run, done }: PersonChange): Promise<void> {
  const { config } = readConfig(context);
  using stop = context.listenForStop();
  using opened = await openAdmin({ config, keys: [], clock: context.clock, signal: stop.signal });
  const changed = await run(opened.admin.people);
  if (json) return writeJson(context.out, { id, ...changed });
  if (changed.kind === 'done') return context.out.write(`${done(changed.value)}\n`);
  return context.out.write(
    opened.owner === 'running'
      ? `Asked: the bot is running but has not done it within ${maxChangeWaitMs / 1_000} s\n`
      : 'Asked: the bot is not running, it does it at its next start\n',
  );
}

function minute(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
}
