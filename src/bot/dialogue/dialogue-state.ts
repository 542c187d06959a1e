import type { ConversationData, VersionedState } from '@grammyjs/conversations';
import { z } from 'zod';
import type { DialogueStore } from '../../domain/chat-store.ts';
import type { GenerationOptions, OptionMistake, JobKind } from '../../domain/job.ts';
import type { DialogueHint, DialogueQuestion, Style } from '../../messages/dialogue-views.ts';

/** After so long a silence, what a person writes is no answer any more. */
const dialogueTimeoutMs = 30 * 60_000;

const keptState = z.object({
  version: z.tuple([z.number(), z.union([z.number(), z.string()])]),
  state: z.record(z.string(), z.array(z.looseObject({}))),
});

export type DialogueState = VersionedState<ConversationData>;

export type LoadedDialogue =
  | { readonly kind: 'none' }
  | { readonly kind: 'open'; readonly state: DialogueState }
  /** Written by another version: nothing in it can be gone on with. */
  | { readonly kind: 'outdated' };

/** What is remembered of one person's dialogue in one chat, if it was written by that version. */
export async function loadDialogue(
  store: DialogueStore,
  key: string,
  version: number,
  nowMs: number,
): Promise<LoadedDialogue> {
  const found = await store.read(key);
  if (found === undefined || nowMs - found.writtenAtMs >= dialogueTimeoutMs) return { kind: 'none' };
  const parsed = keptState.safeParse(fromJson(found.state));
  if (!parsed.success || parsed.data.version[1] !== version) return { kind: 'outdated' };
  // The log inside is the library's own; it checks it by replaying it.
  return { kind: 'open', state: parsed.data as unknown as DialogueState };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Everything a dialogue has found out. */
export type DialogueRequest = {
  readonly kind: JobKind;
  readonly words: string;
  readonly options: GenerationOptions;
  readonly style: Style;
};

/** What the bot does next because of the dialogue. The dialogue only decides it: nothing is sent from inside. */
export type DialogueTurn =
  | { readonly kind: 'ask'; readonly question: DialogueQuestion; readonly hint?: DialogueHint }
  | { readonly kind: 'mistake'; readonly job: JobKind; readonly mistake: OptionMistake }
  | { readonly kind: 'make'; readonly wish: DialogueRequest }
  | { readonly kind: 'give-up' }
  /** The dialogue was begun by another version of the program, or its memory cannot be followed. */
  | { readonly kind: 'outdated' };
