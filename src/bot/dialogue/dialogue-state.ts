import type { ConversationData, VersionedState } from '@grammyjs/conversations';
import type { GenerationOptions, OptionMistake } from '../../domain/job.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { DialogueHint, DialogueQuestion, Style } from '../../messages/dialogue-views.ts';

export type DialogueState = VersionedState<ConversationData>;

/** Everything that a dialogue has asked for. */
export type DialogueRequest = {
  readonly kind: JobKind;
  readonly words: string;
  readonly options: GenerationOptions;
  readonly style: Style;
};

/** A decision of the dialogue. The dialogue itself sends nothing. */
export type DialogueTurn =
  | { readonly kind: 'ask'; readonly question: DialogueQuestion; readonly hint?: DialogueHint }
  | { readonly kind: 'mistake'; readonly job: JobKind; readonly mistake: OptionMistake }
  | { readonly kind: 'make'; readonly request: DialogueRequest }
  | { readonly kind: 'give-up'; readonly job: JobKind }
  /** The stored dialogue is from another version or cannot be replayed. */
  | { readonly kind: 'outdated' };
