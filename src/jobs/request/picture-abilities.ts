import type { GenerationOptions, Job } from '../../domain/job.ts';
import { kindTraits } from '../../domain/kinds.ts';
import type { ModelTraits } from '../../domain/provider.ts';

/**
 * Whether the model is one for what is done with a picture: a video that begins with it needs a model that can, and a picture
 * becomes larger with those models alone that do nothing else.
 */
export function isForPicture(
  { enlarges, startsFromPicture }: ModelTraits,
  { enlarge, fromPicture }: GenerationOptions = {},
): boolean {
  return enlarges === enlarge && (fromPicture === undefined || startsFromPicture === true);
}

/** Whether a picture is kept with the request, which its result is made from. */
export function isMadeFromPicture({ kind, options }: Pick<Job, 'kind' | 'options'>): boolean {
  return kindTraits[kind].needs === 'picture' || options?.fromPicture === true;
}
