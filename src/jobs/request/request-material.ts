import type { Job } from '../../domain/job.ts';
import type { JobReader } from '../../domain/job-engine.ts';
import { kindTraits } from '../../domain/kinds.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { ChatTurn } from '../../domain/provider.ts';
import type { ResultDownloader } from '../../domain/result-store.ts';

/** What a request is made from besides its words. */
export type RequestMaterial = {
  readonly inputs: readonly MediaFile[];
  /** The conversation so far, oldest first. */
  readonly history: readonly ChatTurn[];
};

export const noMaterial: RequestMaterial = { inputs: [], history: [] };

/** The questions before a question that a model may hear of; its window may hold fewer. */
const maxQuestionsBefore = 20;

/** Loads what the job is made from besides its words; undefined for a kind that is made from words alone. */
export function loadMaterial(
  { id, kind }: Job,
  reader: Pick<JobReader, 'conversationBefore'>,
  pictures: Pick<ResultDownloader, 'find'> | undefined,
): Promise<RequestMaterial> | undefined {
  if (kind === 'chat') {
    return reader.conversationBefore(id, maxQuestionsBefore).then((history) => ({ inputs: [], history }));
  }
  if (kindTraits[kind].needs !== 'picture') return undefined;
  const found = pictures?.find(kind, id) ?? Promise.resolve(undefined);
  return found.then((picture) => ({ inputs: picture === undefined ? [] : [picture], history: [] }));
}

const usualContextTokens = 8_000;
/** A token of English is about four letters, one of other scripts fewer. */
const lettersPerToken = 2.5;
/** The part of the window that is left for the answer. */
const answerShare = 0.4;

/** The newest part of a conversation that fits into the model's window beside the new words, in whole questions. */
export function fittingHistory(
  history: readonly ChatTurn[],
  prompt: string,
  contextTokens = usualContextTokens,
): readonly ChatTurn[] {
  let left = contextTokens * lettersPerToken * (1 - answerShare) - prompt.length;
  const first = history.findLastIndex(({ text }) => (left -= text.length) < 0) + 1;
  const kept = history.slice(first);
  // An answer without its question would confuse the model.
  return kept[0]?.role === 'model' ? kept.slice(1) : kept;
}
