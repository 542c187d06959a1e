import type { Api } from 'grammy';
import type { Job } from '../domain/job.ts';
import { traitsOf } from '../domain/kind-traits.ts';
import type { Screen } from '../messages/screen.ts';
import { mediaFor, sendMedia, type SendAs, type ShownFile } from './media-message.ts';
import { keyboardFor, replyTo, textOptions } from './screen-options.ts';

/** One message that shows an outcome or a part of it: a file with the screen as its caption, or the screen alone. */
export type OutcomeForm = {
  readonly file?: ShownFile | undefined;
  readonly as: SendAs;
  readonly screen: Screen;
};

/** Turns a message of ours into the outcome. */
export async function editIntoOutcome(api: Api, job: Job, messageId: number, form: OutcomeForm): Promise<void> {
  const { chatId } = job.origin;
  const { file, as, screen } = form;
  if (file === undefined) await api.editMessageText(chatId, messageId, screen.text, textOptions(screen));
  else {
    const media = mediaFor(file, traitsOf(job.kind).carrier, screen, as);
    await api.editMessageMedia(chatId, messageId, media, { reply_markup: keyboardFor(screen) });
  }
}

/** Sends the outcome as a message of its own, in answer to what was asked; answers its id. */
export async function sendOutcome(api: Api, job: Job, { file, as, screen }: OutcomeForm): Promise<number> {
  const { chatId, messageId } = job.origin;
  const place = placeOf(job, messageId);
  if (file !== undefined) {
    return sendMedia(api, chatId, file, traitsOf(job.kind).carrier, screen, as, place);
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
