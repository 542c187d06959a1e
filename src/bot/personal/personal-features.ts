import { Composer } from 'grammy';
import type { BotContext, BotDeps } from '../context.ts';
import { historyCommands } from './history.ts';
import { inlineMode } from './inline.ts';
import { settingsCommand } from './settings.ts';

/** What a person sees and chooses of their own: settings, history, and inline mode. */
export function personalFeatures(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.use(settingsCommand(deps));
  feature.use(historyCommands(deps));
  feature.use(inlineMode(deps));
  return feature;
}
