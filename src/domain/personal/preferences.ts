import { aspects, type Aspect, type GenerationOptions, type Wishes } from '../job.ts';
import { type JobKind, kindTraits, type StyleName, styleNames, stylesOf } from '../kinds.ts';

/** What a person chose once for all requests that do not say otherwise. Models and language are kept beside it. */
export type Preferences = Wishes & {
  readonly aspect?: Aspect;
  readonly preset?: StyleName;
};

export const wishNames = ['asFile', 'quiet', 'isPrivate'] as const satisfies readonly (keyof Wishes)[];

/** The part of the preferences that is kept with a request; undefined where the person wishes for nothing. */
export function wishesOf(preferences: Preferences): Wishes | undefined {
  const wished = wishNames.filter((name) => preferences[name] === true);
  return wished.length === 0 ? undefined : Object.fromEntries(wished.map((name) => [name, true]));
}

/** The preferences with one of them changed; `undefined` takes it back. */
export function withPreference<Name extends keyof Preferences>(
  preferences: Preferences | undefined,
  name: Name,
  value: Preferences[Name] | undefined,
): Preferences {
  const { [name]: _before, ...others } = preferences ?? {};
  return value === undefined ? others : { ...others, [name]: value };
}

/**
 * The options of a new request with the person's preferences where it names none. What is made from a picture keeps the
 * shape and the look of that picture. A preference that no model can follow beside the other options does not count.
 */
export function withPreferences(
  kind: JobKind,
  options: GenerationOptions,
  preferences: Preferences,
  canFollow: (options: GenerationOptions) => boolean,
): GenerationOptions {
  const { isVisual, needs } = kindTraits[kind];
  if (!isVisual || needs === 'picture') return options;
  let followed = options;
  const { aspect, preset } = preferences;
  if (aspect !== undefined && options.aspect === undefined) {
    const shaped = { ...followed, aspect };
    if (canFollow(shaped)) followed = shaped;
  }
  const namesStyle = options.preset !== undefined || options.style !== undefined;
  if (preset !== undefined && !namesStyle && stylesOf(kind).includes(preset)) {
    const styled = { ...followed, preset };
    if (canFollow(styled)) followed = styled;
  }
  return followed;
}

/** Reads stored preferences; what this version does not know is left out. */
export function toPreferences(stored: unknown): Preferences {
  if (typeof stored !== 'object' || stored === null) return {};
  const given: Readonly<Record<string, unknown>> = { ...stored };
  const aspect = aspects.find((known) => known === given['aspect']);
  const preset = styleNames.find((known) => known === given['preset']);
  const wished = wishNames.filter((name) => given[name] === true);
  return {
    ...(aspect === undefined ? {} : { aspect }),
    ...(preset === undefined ? {} : { preset }),
    ...Object.fromEntries(wished.map((name) => [name, true])),
  };
}
