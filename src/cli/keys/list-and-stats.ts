import type { Surroundings } from '../surroundings.ts';
import { keysDocument, writeJson } from './key-document.ts';
import { countLines, stateTable, statsTable } from './key-tables.ts';
import { type KnownKeys, lookAtKeys } from './known-keys.ts';
import { countByProvider, exitCodeFor } from './provider-counts.ts';

/** Prints where each key stands. */
export async function listKeys(around: Surroundings, options: { readonly json: boolean }): Promise<void> {
  const known = await show(around, options.json, stateTable);
  around.exitWith(exitCodeFor(countByProvider(known.keys)));
}

/** Prints how each key has fared. */
export async function keyStats(around: Surroundings, options: { readonly json: boolean }): Promise<void> {
  await show(around, options.json, statsTable);
}

async function show(around: Surroundings, json: boolean, draw: typeof stateTable): Promise<KnownKeys> {
  const known = await lookAtKeys(around);
  if (json) {
    writeJson(around.out, keysDocument(known));
    return known;
  }
  const lines =
    known.keys.length === 0 ? [noKeys, ...known.warnings] : [...draw(around.out, known), '', ...countLines(known)];
  around.out.write(`${[...lines, ...standing(known)].join('\n')}\n`);
  return known;
}

export const noKeys = 'No provider key is set: put BYTEZ_API_KEY into .env, then start the bot';

/** What has to be known to read the rest rightly. */
export function standing({ bot, strangers, config }: KnownKeys): readonly string[] {
  const remembered =
    strangers === 0
      ? []
      : [
          `${strangers} more ${strangers === 1 ? 'key is' : 'keys are'} remembered and not configured here; if the bot uses ${strangers === 1 ? 'it' : 'them'}, run this where its .env is`,
        ];
  switch (bot) {
    case 'running':
      return remembered;
    case 'stopped':
      return ['The bot is not running: this is what it last wrote down', ...remembered];
    case 'never-ran':
      return [`The bot has never run with DATA_DIR ${config.dataDir}: keys as configured, without history`];
  }
}
