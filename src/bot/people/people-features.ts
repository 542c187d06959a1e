import { Composer } from 'grammy';
import { adminTools } from '../admins/admin-tools.ts';
import { broadcastCommand } from '../admins/broadcast-command.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { ownDataCommands } from './own-data.ts';
import { startLinks } from './start-links.ts';

/** Links behind /start, one's own data, and what admins see of people and tell them. It stands before the greeting. */
export function peopleFeatures(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.use(startLinks(deps), ownDataCommands(deps), adminTools(deps), broadcastCommand(deps));
  return feature;
}
