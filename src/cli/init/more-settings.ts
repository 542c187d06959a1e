import { randomBytes } from 'node:crypto';
import { parseConfig } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';
import { askKeys } from './ask-keys.ts';
import type { Wizard } from './questions.ts';

type Settings = Map<string, string>;

/**
 * Asks, of who wants more than the least, for other providers, a budget, the dashboard, where things are kept, and updates by
 * webhook. Every answer is read as the start reads it, so the bot starts with what is written. Returns settings by name.
 */
export async function askMore(wizard: Wizard): Promise<ReadonlyMap<string, string>> {
  const { context, questions } = wizard;
  const settings: Settings = new Map();
  context.out.write('4. More: other providers, a budget, a dashboard, storage, a webhook. Each can wait for later.\n');
  if (!(await questions.confirm('   Set some of it up now?', false))) return settings;
  await askProviders(wizard, settings);
  await askSetting(wizard, settings, 'BUDGET_PER_DAY', 'Most US dollars in a UTC day (Enter for no limit):');
  if (await questions.confirm('   A dashboard and an HTTP interface on this machine, with a token made for you?', true))
    settings.set('ADMIN_TOKEN', randomBytes(32).toString('base64url'));
  await askSetting(wizard, settings, 'DATA_DIR', 'Folder for database and results (Enter for ./data):');
  await askBucket(wizard, settings);
  await askSetting(wizard, settings, 'WEBHOOK_URL', 'Address at which Telegram reaches the bot (Enter to poll):', {
    beside: () => ['WEBHOOK_SECRET', randomBytes(32).toString('hex')],
  });
  return settings;
}

async function askProviders(wizard: Wizard, settings: Settings): Promise<void> {
  const { context, config, questions } = wizard;
  // Those that need more than a key are explained in docs/configuration.md.
  const others = config.definitions.filter(
    ({ name, requires, baseUrl }) => name !== 'bytez' && requires === undefined && baseUrl !== '',
  );
  for (;;) {
    const name = (await questions.ask('   Another provider by its name (Enter to go on):')).toLowerCase();
    if (name === '') return;
    const definition = others.find((each) => each.name === name);
    const [prefix] = definition?.prefixes ?? [];
    if (prefix === undefined) {
      context.out.write(`   There is none of that name; known are ${others.map((each) => each.name).join(', ')}.\n`);
      continue;
    }
    const variable = `${prefix}_API_KEYS`;
    const keys = await askKeys(wizard, { variable, none: `None: ${name} is left out.` });
    if (keys.length > 0) settings.set(variable, keys.join(','));
  }
}

async function askBucket(wizard: Wizard, settings: Settings): Promise<void> {
  const { context, questions } = wizard;
  for (;;) {
    const endpoint = await questions.ask('   Address of an S3 service for results too (Enter for none):');
    if (endpoint === '') return;
    const bucket = new Map([
      ['S3_ENDPOINT', endpoint],
      ['S3_BUCKET', await questions.ask('   Its bucket:')],
      ['S3_ACCESS_KEY_ID', await questions.ask('   Access key id:', { isSecret: true })],
      ['S3_SECRET_ACCESS_KEY', await questions.ask('   Secret access key:', { isSecret: true })],
    ]);
    const mistakes = mistakesOf(new Map([...settings, ...bucket]));
    for (const mistake of mistakes) context.out.write(`   ${mistake}.\n`);
    if (mistakes.length > 0) continue;
    for (const [name, value] of bucket) settings.set(name, value);
    return;
  }
}

type Beside = { readonly beside?: () => readonly [name: string, value: string] };

/** Asks until the answer is one with which the bot starts; an empty one leaves the setting out. */
async function askSetting(
  { context, questions }: Wizard,
  settings: Settings,
  name: string,
  question: string,
  { beside }: Beside = {},
): Promise<void> {
  for (;;) {
    const value = await questions.ask(`   ${question}`);
    if (value === '') return;
    const added = new Map([[name, value] as const, ...(beside === undefined ? [] : [beside()])]);
    const mistakes = mistakesOf(new Map([...settings, ...added]));
    for (const mistake of mistakes) context.out.write(`   ${mistake}.\n`);
    if (mistakes.length > 0) continue;
    for (const [each, text] of added) settings.set(each, text);
    return;
  }
}

/** What the start would say of these settings; values are not repeated. */
function mistakesOf(settings: ReadonlyMap<string, string>): readonly string[] {
  try {
    parseConfig(Object.fromEntries(settings));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}
