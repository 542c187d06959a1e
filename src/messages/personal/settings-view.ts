import { type Aspect, aspects } from '../../domain/job.ts';
import { defaultKind, type JobKind, jobKinds, stylesOf } from '../../domain/kinds.ts';
import type { Preferences } from '../../domain/personal/preferences.ts';
import type { Catalog, Localizer } from '../catalog.ts';
import type { MessageId } from '../message-ids.ts';
import { type ModelFacts, modelName } from '../models-view.ts';
import { inRows, lines } from '../phrases.ts';
import { callbackData, escapeHtml, type MessageButton, type MessageView, safe } from '../view.ts';

/** What a person has chosen, for the list of their settings. */
export type SettingsFacts = ModelFacts & { readonly preferences: Preferences };

/** The switches: each button sets what stands in it, so a button that is pressed twice, or late, does no harm. */
export const switches = {
  private: { wish: 'isPrivate', label: 'button.settings-private', onIsWish: true },
  file: { wish: 'asFile', label: 'button.settings-file', onIsWish: true },
  notifications: { wish: 'quiet', label: 'button.settings-notifications', onIsWish: false },
} as const satisfies Record<
  string,
  { readonly wish: keyof Preferences; readonly label: MessageId; readonly onIsWish: boolean }
>;
export type SwitchName = keyof typeof switches;
export const switchNames = Object.keys(switches) as readonly SwitchName[];

/** Every setting with what holds now, and a button to change each. */
export function settingsView(localizer: Localizer, { preferences, offered, chosen }: SettingsFacts): MessageView {
  const { aspect, preset } = preferences;
  const free = localizer.say('settings.free');
  const line = (name: string, value: string) =>
    localizer.say('settings.line', { name: safe(escapeHtml(name)), value: safe(value) });
  const kinds = jobKinds.filter((kind) => (offered[kind]?.length ?? 0) > 1 || chosen[kind] !== undefined);
  const models = kinds.map((kind) =>
    line(localizer.plain('button.models', { kind }), modelWords(kind, offered, chosen, free)),
  );
  const toggles = switchNames.map((name) => ({
    name,
    label: localizer.plain(switches[name].label),
    isOn: isOn(name, preferences),
  }));
  const buttons: readonly MessageButton[] = [
    ...(kinds.length > 0 ? [button(localizer.plain('button.settings-models'), 'models')] : []),
    button(localizer.plain('button.other-shape'), 'shape'),
    button(localizer.plain('button.other-style'), 'style'),
    button(localizer.plain('button.settings-language'), 'language'),
  ];
  return {
    text: lines(
      localizer.say('settings.header'),
      '',
      ...models,
      line(localizer.plain('button.other-shape'), aspect ?? free),
      line(
        localizer.plain('button.other-style'),
        preset === undefined ? free : localizer.say(`button.style-${preset}`),
      ),
      line(localizer.plain('button.settings-language'), localizer.say('language.name')),
      ...toggles.map((one) => line(one.label, localizer.say(one.isOn ? 'settings.on' : 'settings.off'))),
      preferences.isPrivate === true ? `\n${localizer.say('settings.private-means')}` : '',
      preferences.quiet === true ? `\n${localizer.say('settings.quiet-means')}` : '',
    ),
    rows: [
      ...inRows(buttons, 2),
      ...toggles.map(({ name, label, isOn: on }) => [
        button(`${on ? '✅' : '▫️'} ${label}`, `${name}.${on ? 'off' : 'on'}`),
      ]),
    ],
  };
}

function isOn(name: SwitchName, preferences: Preferences): boolean {
  const { wish, onIsWish } = switches[name];
  return (preferences[wish] === true) === onIsWish;
}

function modelWords(kind: JobKind, offered: ModelFacts['offered'], chosen: ModelFacts['chosen'], free: string): string {
  const found = offered[kind]?.find(({ model }) => model === chosen[kind]);
  return found === undefined ? free : escapeHtml(modelName(found));
}

function button(text: string, what: string): MessageButton {
  return { text, data: callbackData('set', what) };
}

/** Leads to the settings from what they have opened. */
export function settingsButton(localizer: Localizer): MessageButton {
  return button(localizer.plain('button.settings'), 'all');
}

/** What one setting may be. */
export type SettingMenu = 'shape' | 'style' | 'language';

export function settingMenuView(
  localizer: Localizer,
  menu: SettingMenu,
  { preferences }: Pick<SettingsFacts, 'preferences'>,
  catalog: Catalog,
): MessageView {
  const marked = (text: string, isChosen: boolean) => (isChosen ? `✓ ${text}` : text);
  const free = (isChosen: boolean) => [button(marked(localizer.plain('settings.free'), isChosen), `${menu}.free`)];
  const back = [settingsButton(localizer)];
  switch (menu) {
    case 'shape': {
      const { aspect } = preferences;
      const choices = aspects.map((one) => button(marked(one, one === aspect), `shape.${tagOfAspect(one)}`));
      return {
        text: localizer.say('dialogue.shape'),
        rows: [...inRows(choices, 4), free(aspect === undefined), back],
      };
    }
    case 'style': {
      const { preset } = preferences;
      const choices = stylesOf(defaultKind).map((one) =>
        button(marked(localizer.plain(`button.style-${one}`), one === preset), `style.${one}`),
      );
      return { text: localizer.say('dialogue.style'), rows: [...inRows(choices, 3), free(preset === undefined), back] };
    }
    case 'language': {
      const choices = catalog.locales.map((locale) =>
        button(marked(catalog.plain(locale, 'language.name'), locale === localizer.locale), `language.${locale}`),
      );
      return { text: localizer.say('language.choose'), rows: [...inRows(choices, 2), back] };
    }
  }
}

/** `16:9` as `16x9`: the colon ends the verb. */
export function tagOfAspect(aspect: Aspect): string {
  return aspect.replace(':', 'x');
}

/** What a button under the settings asks for; undefined for data that none of them has. */
export type SettingPress =
  | { readonly kind: 'all' | 'models' }
  | { readonly kind: 'menu'; readonly menu: SettingMenu }
  | { readonly kind: 'shape'; readonly aspect: Aspect | undefined }
  | { readonly kind: 'style'; readonly preset: Preferences['preset'] }
  | { readonly kind: 'language'; readonly locale: string }
  | { readonly kind: 'switch'; readonly wish: 'isPrivate' | 'asFile' | 'quiet'; readonly isWished: boolean };

export function readSettingPress(data: string): SettingPress | undefined {
  const [, name, value] = /^([a-z]{1,16})(?:\.([A-Za-z0-9-]{1,20}))?$/.exec(data) ?? [];
  if (value === undefined) {
    if (name === 'all' || name === 'models') return { kind: name };
    return name === 'shape' || name === 'style' || name === 'language' ? { kind: 'menu', menu: name } : undefined;
  }
  switch (name) {
    case 'shape': {
      const aspect = aspects.find((known) => tagOfAspect(known) === value);
      return aspect === undefined && value !== 'free' ? undefined : { kind: 'shape', aspect };
    }
    case 'style': {
      const preset = stylesOf(defaultKind).find((known) => known === value);
      return preset === undefined && value !== 'free' ? undefined : { kind: 'style', preset };
    }
    case 'language':
      return { kind: 'language', locale: value };
    case undefined:
    default: {
      const toggled = switchNames.find((known) => known === name);
      if (toggled === undefined || (value !== 'on' && value !== 'off')) return undefined;
      const { wish, onIsWish } = switches[toggled];
      return { kind: 'switch', wish, isWished: (value === 'on') === onIsWish };
    }
  }
}
