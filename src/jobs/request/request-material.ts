import type { Job } from '../../domain/job.ts';
import type { JobReader } from '../../domain/job-engine.ts';
import { kindTraits, type StyleWords } from '../../domain/kinds.ts';
import type { MediaFile, ResultDownloader } from '../../domain/media.ts';
import type { ChatTurn } from '../../domain/provider.ts';

/** What a request is made from besides its words. */
export type RequestMaterial = {
  readonly inputs: readonly MediaFile[];
  /** The conversation so far, oldest first. */
  readonly history: readonly ChatTurn[];
  /** What the model is told, where that is more than the person's own words. */
  readonly words?: string;
};

export const noMaterial: RequestMaterial = { inputs: [], history: [] };

/** The questions before a question that a model may hear of; its window may hold fewer. */
const maxQuestionsBefore = 20;

/** Where what a job is made from besides its words comes from. */
export type MaterialSources = {
  readonly reader: Pick<JobReader, 'conversationBefore'>;
  /** The pictures that people sent. */
  readonly pictures?: Pick<ResultDownloader, 'find'> | undefined;
  /** What a style adds to the words; without it styles add nothing. */
  readonly styleWords?: StyleWords | undefined;
};

/** Loads what the job is made from besides its words; undefined for one that is made from its words alone. */
export function loadMaterial(job: Job, sources: MaterialSources): Promise<RequestMaterial> | undefined {
  const { id, kind } = job;
  const { reader, pictures } = sources;
  if (kind === 'chat') {
    return reader.conversationBefore(id, maxQuestionsBefore).then((history) => ({ inputs: [], history }));
  }
  const words = styledWords(job, sources);
  const told = words === undefined ? {} : { words };
  if (kindTraits[kind].needs !== 'picture') {
    return words === undefined ? undefined : Promise.resolve({ ...noMaterial, ...told });
  }
  const found = pictures?.find(kind, id) ?? Promise.resolve(undefined);
  return found.then((picture) => ({ inputs: picture === undefined ? [] : [picture], history: [], ...told }));
}

/** The words with those of their style behind them; undefined without a style. */
function styledWords({ prompt, options, locale }: Job, { styleWords }: MaterialSources): string | undefined {
  const preset = options?.preset;
  if (preset === undefined || styleWords === undefined) return undefined;
  return `${prompt}, ${styleWords(preset, locale)}`;
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
