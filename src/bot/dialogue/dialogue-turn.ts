import type { GenerationOptions, OptionMistake } from '../../domain/generation-options.ts';
import type { JobKind } from '../../domain/job.ts';
import type { DialogueHint, DialogueQuestion, Style } from '../../messages/dialogue-screens.ts';

/** Everything a dialogue has found out. */
export type DialogueWish = {
  readonly kind: JobKind;
  readonly words: string;
  readonly options: GenerationOptions;
  readonly style: Style;
};

/** What the bot does next because of the dialogue. The dialogue only decides it: nothing is sent from inside. */
export type DialogueTurn =
  | { readonly kind: 'ask'; readonly question: DialogueQuestion; readonly hint?: DialogueHint }
  | { readonly kind: 'mistake'; readonly job: JobKind; readonly mistake: OptionMistake }
  | { readonly kind: 'make'; readonly wish: DialogueWish }
  | { readonly kind: 'give-up' }
  /** The dialogue was begun by another version of the program, or its memory cannot be followed. */
  | { readonly kind: 'outdated' };
