import { existsSync } from 'node:fs';
import type { Claim } from '../domain/job-lease.ts';
import type { MediaFile } from '../domain/media.ts';
import type { Screen } from '../messages/screen.ts';
import { uploadLimitBytes } from './media-message.ts';
import { type SendTools, sendOnce } from './send-once.ts';

/** A message behind the first one of a result: a file without a caption, or words. */
export type FurtherPart = { readonly file?: MediaFile; readonly screen: Screen };

export const noWords: Screen = { text: '', rows: [] };

/**
 * Sends what did not fit into the first message, one after the other, each once. What Telegram does not take as it is goes
 * as a document; a file that cannot be sent is left out, since the first message has told of the result. Throws TryLater.
 */
export async function showRest(claim: Claim, parts: readonly FurtherPart[], tools: SendTools): Promise<void> {
  for (const [index, { file, screen }] of parts.entries()) {
    if (file !== undefined && (!existsSync(file.path) || file.bytes > uploadLimitBytes)) continue;
    const part = index + 2;
    const sent = await sendOnce(claim, { file, as: 'fitting', screen }, tools, part);
    if (sent.kind !== 'refused') continue;
    if (sent.trouble === 'closed') return;
    if (file !== undefined) await sendOnce(claim, { file, as: 'document', screen }, tools, part);
  }
}
