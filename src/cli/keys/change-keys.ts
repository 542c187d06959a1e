import { maxAddWaitMs } from '../../app/open-admin.ts';
import { neverRanWords } from '../../app/processes/kept-where.ts';
import { StartError } from '../../app/start-error.ts';
import type { KeyAdded, NewKey } from '../../domain/admin-api.ts';
import type { KeySettingsPatch, OwnKeySettings } from '../../domain/key-state.ts';
import { splitKeys } from '../../keys/sources/split-keys.ts';
import type { ProcessContext } from '../process-context.ts';
import { pickKeys } from './ask-owner.ts';
import { writeJson } from './key-tables.ts';
import { type KnownKey, type KnownKeys, openAdminLook, originWords } from './known-keys.ts';

/** What was decided for a key; the words for people are the same in both cases. */
type Report = { readonly json: boolean; readonly bot: KnownKeys['bot'] };

/**
 * Reads a key from the terminal or a pipe, never from the command line, which others can see, and hands it to the bot
 * encrypted under MASTER_KEY. The bot asks the provider about it and uses it at once.
 */
export async function addKey(
  context: ProcessContext,
  provider: string,
  { json, ...settings }: OwnKeySettings & { readonly json: boolean },
): Promise<void> {
  using stop = context.listenForStop();
  using look = await openAdminLook(context, stop.signal);
  const { known, admin } = look;
  refuseWhereNeverRan(known, 'add');
  if (known.config.masterKey === undefined)
    throw new StartError(`Cannot add the key: ${refusalWords({ kind: 'no-master-key' })}`);
  if (!known.config.definitions.some(({ name }) => name === provider)) {
    throw new StartError(`Cannot add the key: ${refusalWords({ kind: 'no-such-provider' })}`);
  }
  if (context.err.isTty) context.err.write(`The key of ${provider}, then Enter: `);
  using input = context.openInput();
  const key = onlyKeyIn((await input.nextLine()) ?? '');
  const wanted: NewKey = { provider, key, ...settings };
  const change = await admin.keys.add(wanted);
  const { bot } = known;
  if (change.kind === 'asked') return report(context, { json, bot }, `${provider} key`, 'added', maxAddWaitMs);
  if (change.value.kind !== 'added') throw new StartError(`Cannot add the key: ${refusalWords(change.value)}`);
  const { id } = change.value;
  if (json) return writeJson(context.out, { added: id, provider, bot });
  context.out.write(`Done: the key is accepted by ${provider}, kept encrypted and in use (${id.slice(0, 8)}…)\n`);
}

function onlyKeyIn(line: string): string {
  const [entry, ...more] = splitKeys(line);
  if (entry === undefined)
    throw new StartError('Cannot add the key: nothing was typed; pipe it in, or type it and Enter');
  if (more.length > 0) throw new StartError('Cannot add the key: it is one key without spaces');
  if (entry.kind === 'refused') throw new StartError(`Cannot add the key: ${entry.why}`);
  return entry.key;
}

/** Forgets keys that were added while the bot ran; refuses those that stand elsewhere, and says where. */
export async function removeKey(
  context: ProcessContext,
  name: string,
  { json }: { readonly json: boolean },
): Promise<void> {
  using stop = context.listenForStop();
  using look = await openAdminLook(context, stop.signal);
  const { known, admin } = look;
  refuseWhereNeverRan(known, 'remove');
  const key = oneKey('remove', name, known);
  if (key.origin.isAdded !== true) {
    throw new StartError(
      `Cannot remove ${key.name} from here: it stands in ${originWords(key.origin)}; take it out there, then "darkroom reload"`,
    );
  }
  const change = await admin.keys.remove(key.id);
  const { bot } = known;
  if (change.kind === 'asked') return report(context, { json, bot }, key.name, 'removed');
  if (change.value.kind !== 'removed') {
    const why = change.value.kind === 'configured' ? `it stands in ${change.value.where}` : 'the bot does not have it';
    throw new StartError(`Cannot remove ${key.name}: ${why}`);
  }
  if (json) return writeJson(context.out, { removed: key.name, bot });
  context.out.write(`Done: ${key.name} is removed; its calls in flight end as they will\n`);
}

/** Sets or takes back weight, seats, group, label and end of one key. */
export async function setKey(
  context: ProcessContext,
  name: string,
  { json, ...patch }: KeySettingsPatch & { readonly json: boolean },
): Promise<void> {
  if (Object.keys(patch).length === 0) {
    throw new StartError('Cannot set anything: say what, for example --ends 2027-01-01 or --label none');
  }
  using stop = context.listenForStop();
  using look = await openAdminLook(context, stop.signal);
  const { known, admin } = look;
  refuseWhereNeverRan(known, 'set');
  const key = oneKey('set', name, known);
  const change = await admin.keys.set(key.id, patch);
  const { bot } = known;
  if (change.kind === 'asked') return report(context, { json, bot }, key.name, 'set');
  if (!change.value) throw new StartError(`Cannot set ${key.name}: the bot does not have it`);
  if (json) return writeJson(context.out, { set: key.name, ...patch, bot });
  context.out.write(`Done: ${key.name} is set\n`);
}

function oneKey(command: string, name: string, { keys }: KnownKeys): KnownKey {
  const picked = pickKeys([name], keys);
  if (!picked.ok) throw new StartError(`Cannot ${command} a key: ${picked.why}`);
  const [key] = picked.keys;
  if (key === undefined) throw new StartError(`Cannot ${command} a key: say which`);
  return key;
}

function refuseWhereNeverRan({ bot, config }: KnownKeys, command: string): void {
  if (bot !== 'never-ran') return;
  throw new StartError(`Cannot ${command} a key: ${neverRanWords(config)}`);
}

function report({ out }: ProcessContext, { json, bot }: Report, what: string, done: string, waitMs = 3_000): void {
  if (json) return writeJson(out, { asked: what, bot });
  const words =
    bot === 'running'
      ? `the bot is running but has not done it within ${waitMs / 1_000} s, "darkroom keys list" shows when it has`
      : 'the bot is not running, it does so at its next start';
  out.write(`Asked: ${what} to be ${done}; ${words}\n`);
}

type Refused = Exclude<KeyAdded, { kind: 'added' }>;

function refusalWords(refused: Refused): string {
  switch (refused.kind) {
    case 'no-master-key':
      return 'MASTER_KEY, under which it is encrypted, is not set, or is not that of the running bot';
    case 'no-such-provider':
      return 'there is no such provider; "darkroom keys list" shows those that have keys';
    case 'known':
      return 'it is among the keys of the provider already';
    case 'malformed':
      return refused.why;
    case 'refused':
      return `the provider does not accept it (${refused.reason}); it was not kept`;
    case 'not-tested':
      return `the provider could not be asked (${refused.reason}); it was not kept, try again later`;
  }
}
