import { type JobId, jobId } from '../../domain/ids.ts';
import { type Job, type Outcome, payloadOf } from '../../domain/job.ts';
import type { PastRequest } from '../../domain/personal/past-requests.ts';
import type { BotDeps } from '../context.ts';

/** The job of a button or of a reply: as it is kept, else as far as its person's history remembers it. */
export async function findJob(
  { service, pastRequests }: Pick<BotDeps, 'service' | 'pastRequests'>,
  id: string,
  chatId: number | undefined,
): Promise<Job | undefined> {
  const found = await service.find(jobId(id));
  if (found !== undefined) return found.job;
  const past = await pastRequests.ofJob(jobId(id));
  return past === undefined ? undefined : rememberedJob(past, chatId ?? past.userId);
}

/** What an old result can still be repeated from: words, options, model and seed. Its files may be gone. */
function rememberedJob(past: PastRequest, chatId: number): Job {
  const { kind, prompt, options, userId, askedAtMs } = past;
  const id: JobId = past.jobId;
  return {
    id,
    kind,
    prompt,
    ...(options === undefined ? {} : { options }),
    lane: 'free',
    locale: '',
    origin: { chatId, chatType: chatId === userId ? 'private' : 'group', userId, messageId: 0 },
    updateId: 0,
    line: 'none',
    state: { kind: 'told', outcome: outcomeOf(past) },
    progress: { candidate: 0, attempts: 0, calls: 0 },
    acceptedAtMs: askedAtMs,
  };
}

function outcomeOf({ ended, model, made: [first, ...others] }: PastRequest): Outcome {
  if (ended === 'cancelled') return { kind: 'cancelled' };
  if (ended === 'failed' || model === undefined) return { kind: 'failed', code: 'result-unavailable' };
  const payload = first === undefined ? ({ kind: 'text', text: '' } as const) : payloadOf([first, ...others]);
  return { kind: 'result', payload, model };
}
