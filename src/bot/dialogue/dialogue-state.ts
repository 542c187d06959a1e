import type { ConversationData, VersionedState } from '@grammyjs/conversations';
import { z } from 'zod';
import type { DialogueStore } from '../../domain/chat-store.ts';
import type { GenerationOptions, OptionMistake } from '../../domain/job.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { DialogueHint, DialogueQuestion, Style } from '../../messages/dialogue-views.ts';

/** A dialogue without an answer for this long has ended. */
const dialogueTimeoutMs = 30 * 60_000;

const storedState = z.object({
  version: z.tuple([z.number(), z.union([z.number(), z.string()])]),
  state: z.record(z.string(), z.array(z.looseObject({}))),
});

export type DialogueState = VersionedState<ConversationData>;

export type LoadedDialogue =
  | { readonly kind: 'none' }
  | { readonly kind: 'open'; readonly state: DialogueState }
  /** Stored by another version and not usable. */
  | { readonly kind: 'outdated' };

/** The stored dialogue of one person in one chat, where this version stored it. */
export async function loadDialogue(
  store: DialogueStore,
  key: string,
  version: number,
  nowMs: number,
): Promise<LoadedDialogue> {
  const found = await store.read(key);
  if (found === undefined || nowMs - found.writtenAtMs >= dialogueTimeoutMs) return { kind: 'none' };
  const parsed = storedState.safeParse(fromJson(found.state));
  if (!parsed.success || parsed.data.version[1] !== version) return { kind: 'outdated' };
  // The library checks the log inside by replaying it.
  return { kind: 'open', state: parsed.data as unknown as DialogueState };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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
