import { Composer } from 'grammy';
import { type Preferences, withPreference } from '../../domain/personal/preferences.ts';
import { readSettingPress, type SettingsFacts } from '../../messages/personal/settings-view.ts';
import { modelFactsFor } from '../commands/models.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { isCommand } from '../message-words.ts';
import { isForeignPress } from '../middleware/identify.ts';
import { answer, edit, replyQuoting } from '../reply.ts';

/** /settings: what holds for all requests of the person that do not say otherwise. */
export function settingsCommand(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('settings'), (ctx) => {
    const { speaker } = ctx;
    return replyQuoting(ctx, deps.messages.settings(factsFor(deps, speaker, speaker.preferences), speaker.locale));
  });
  return feature;
}

/** The buttons under /settings. Each names the value that it sets, so a button pressed twice does what it says. */
export async function pressSettingsButton(ctx: BotContext, deps: BotDeps, data: string): Promise<void> {
  const { messages, users } = deps;
  const { speaker } = ctx;
  const { userId, locale, preferences } = speaker;
  const press = readSettingPress(data);
  if (ctx.callbackQuery !== undefined && isForeignPress(ctx.callbackQuery)) {
    return answer(ctx, messages.answer('not-yours', locale));
  }
  if (press === undefined) return answer(ctx, messages.answer('expired', locale));
  const set = async <Name extends keyof Preferences>(name: Name, value: Preferences[Name] | undefined) => {
    const changed = withPreference(preferences, name, value);
    await users.setPreferences(userId, changed);
    await answer(ctx, messages.answer('noted', locale));
    return edit(ctx, messages.settings(factsFor(deps, speaker, changed), locale));
  };
  switch (press.kind) {
    case 'all':
      await answer(ctx);
      return edit(ctx, messages.settings(factsFor(deps, speaker, preferences), locale));
    case 'models':
      await answer(ctx);
      return edit(ctx, messages.models(modelFactsFor(deps.service, speaker, speaker.models), locale));
    case 'menu':
      await answer(ctx);
      return edit(ctx, messages.settingMenu(press.menu, { preferences: preferences ?? {} }, locale));
    case 'shape':
      return set('aspect', press.aspect);
    case 'style':
      return set('preset', press.preset);
    case 'switch':
      return set(press.wish, press.isWished ? true : undefined);
    case 'language': {
      const chosen = deps.matchLocale(press.locale);
      if (chosen !== press.locale) return answer(ctx, messages.answer('expired', locale));
      await users.setLocale(userId, chosen);
      await answer(ctx, messages.answer('language-set', chosen));
      return edit(ctx, messages.settings(factsFor(deps, speaker, preferences), chosen));
    }
  }
}

function factsFor(
  { service }: BotDeps,
  speaker: BotContext['speaker'],
  preferences: Preferences | undefined,
): SettingsFacts {
  return { ...modelFactsFor(service, speaker, speaker.models), preferences: preferences ?? {} };
}
