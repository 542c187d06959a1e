import type { Claim } from '../../domain/job-engine.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { ResultSource } from '../../domain/result-store.ts';
import type { MessageView } from '../../messages/view.ts';
import { type ShownFile, uploadLimitBytes } from './media-message.ts';
import { type SendTools, sendOnce } from './send-once.ts';

/** A message after the first one of a result: a file without a caption, or text. */
export type FurtherPart = {
  /** With its number among the files of the result, from 0. */
  readonly file?: { readonly file: MediaFile; readonly number: number };
  readonly view: MessageView;
};

export type FurtherPartsTools = SendTools & { readonly results: ResultSource };

export const emptyView: MessageView = { text: '', rows: [] };

/**
 * Sends the parts that do not fit into the first message, in order, each once. A file that Telegram refuses is sent as a
 * document, and left out when that is refused too, since the first message shows the result. Throws TryLater.
 */
export async function sendFurtherParts(
  claim: Claim,
  parts: readonly FurtherPart[],
  tools: FurtherPartsTools,
): Promise<void> {
  for (const [index, { file: further, view }] of parts.entries()) {
    const file = further && (await shownFile(claim, further, tools));
    if (further !== undefined && file === undefined) continue;
    const part = index + 2;
    const sent = await sendOnce(claim, { file, as: 'fitting', view }, tools, part);
    if (sent.kind !== 'refused') continue;
    if (sent.failure === 'closed') return;
    if (file !== undefined) await sendOnce(claim, { file, as: 'document', view }, tools, part);
  }
}

async function shownFile(
  { job }: Claim,
  { file, number }: NonNullable<FurtherPart['file']>,
  { results }: FurtherPartsTools,
): Promise<ShownFile | undefined> {
  const opened = file.bytes > uploadLimitBytes ? undefined : await results.open(job.id, number);
  return opened && { file, opened };
}
