import type { ConversationData, VersionedState } from '@grammyjs/conversations';
import type { GenerationOptions, OptionMistake } from '../../domain/job.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { JobId } from '../../domain/ids.ts';
import type { DialogueHint, DialogueQuestion, Style } from '../../messages/dialogue-views.ts';

export type DialogueState = VersionedState<ConversationData>;

import type { PictureReference } from '../commands/sent-pictures.ts';

/** Everything that a dialogue has asked for. */
export type DialogueRequest = {
  readonly kind: JobKind;
  readonly words: string;
  readonly options: GenerationOptions;
  readonly style: Style;
  /** Of what is made from one. */
  readonly picture?: PictureReference;
};

/** What a request starts from where its command had no words, or no picture. */
export type DialogueStart = { readonly words?: string; readonly picture?: PictureReference };

/** The failed request that a person says something about. */
export type FailedRequest = { readonly jobId: JobId; readonly kind: JobKind; readonly code: string };

/** A decision of the dialogue. The dialogue itself sends nothing. */
export type DialogueTurn =
  | { readonly kind: 'ask'; readonly question: DialogueQuestion; readonly hint?: DialogueHint }
  | { readonly kind: 'mistake'; readonly job: JobKind; readonly mistake: OptionMistake }
  | { readonly kind: 'make'; readonly request: DialogueRequest }
  | { readonly kind: 'give-up'; readonly job: JobKind }
  | { readonly kind: 'ask-feedback'; readonly hint?: DialogueHint }
  | { readonly kind: 'feedback'; readonly about: FailedRequest; readonly words: string }
  /** The stored dialogue is from another version or cannot be replayed. */
  | { readonly kind: 'outdated' };
