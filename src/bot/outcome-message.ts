import type { Api } from 'grammy';
import type { Job } from '../domain/job.ts';
import { traitsOf } from '../domain/kind-traits.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Screen } from '../messages/screen.ts';
import { mediaFor, sendMedia, type SendAs } from './media-message.ts';
import { keyboardFor, replyTo, textOptions } from './screen-options.ts';

/** One way of showing an outcome: the file with its caption, or words. */
export type OutcomeForm = {
  readonly outcome: Outcome;
  readonly as: SendAs;
  readonly screen: Screen;
};

/** Turns a message of ours into the outcome. */
export async function editIntoOutcome(api: Api, job: Job, messageId: number, form: OutcomeForm): Promise<void> {
  const { chatId } = job.origin;
  const { outcome, as, screen } = form;
  if (outcome.kind !== 'result') await api.editMessageText(chatId, messageId, screen.text, textOptions(screen));
  else {
    const media = mediaFor(outcome.file, traitsOf(job.kind).carrier, screen, as);
    await api.editMessageMedia(chatId, messageId, media, { reply_markup: keyboardFor(screen) });
  }
}

/** Sends the outcome as a message of its own, in answer to what was asked; answers its id. */
export async function sendOutcome(api: Api, job: Job, { outcome, as, screen }: OutcomeForm): Promise<number> {
  const { chatId, messageId } = job.origin;
  const place = placeOf(job, messageId);
  if (outcome.kind === 'result') {
    return sendMedia(api, chatId, outcome.file, traitsOf(job.kind).carrier, screen, as, place);
  }
  return (await api.sendMessage(chatId, screen.text, { ...textOptions(screen), ...place })).message_id;
}

/** Where a further message about the job goes: under the one it answers, in the right topic. */
export function placeOf({ origin: { threadId } }: Job, messageId: number) {
  return {
    reply_parameters: replyTo(messageId),
    ...(threadId === undefined ? {} : { message_thread_id: threadId }),
  };
}
