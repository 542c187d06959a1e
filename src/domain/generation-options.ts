export const aspects = ['1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16'] as const;
/** Width to height. */
export type Aspect = (typeof aspects)[number];

/** What a person may say about the making beside the words themselves. */
export type GenerationOptions = {
  /** One of the chain's models, by its whole name; no other one is asked. */
  readonly model?: string;
  readonly aspect?: Aspect;
  /** 0 to 2^53 - 1; the same seed and words give the same picture. */
  readonly seed?: number;
  /** What should not be seen. */
  readonly negative?: string;
};

/** The options as people write them: `--model`, `--aspect`, `--seed`, `--no`. */
export const optionNames = ['model', 'aspect', 'seed', 'no'] as const;
export type OptionName = (typeof optionNames)[number];

/** Why options cannot be followed; whatever the person wrote is data, to be shown with care. */
export type OptionMistake =
  | { readonly kind: 'unknown-option'; readonly written: string }
  | { readonly kind: 'missing-value' | 'open-quote' | 'twice'; readonly option: OptionName }
  | { readonly kind: 'bad-seed' | 'bad-aspect'; readonly written: string }
  | { readonly kind: 'unknown-model'; readonly written: string; readonly models: readonly string[] }
  /** The model asked for, or every model there is, cannot do this; `takes` is what it can. */
  | {
      readonly kind: 'not-taken';
      readonly option: OptionName;
      readonly model?: string;
      readonly takes: readonly OptionName[];
    };
