import { type Api, GrammyError } from 'grammy';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import { classifyTelegramError } from './telegram-error.ts';

/** Telegram hands over no larger file to a bot (core.telegram.org/bots/api#getfile). */
export const maxFileBytes = 20_000_000;
const downloadMs = 60_000;

export type TelegramFile =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unavailable' };

export type TelegramFilesOptions = {
  readonly api: Api;
  readonly apiRoot: string;
  readonly token: Secret;
  readonly agent: Dispatcher;
  readonly clock: Clock;
  /** Aborts every download. */
  readonly closing: AbortSignal;
};

/**
 * Returns a function that fetches a file by its id. Its address contains the token, so no error that may name it leaves
 * here. One try, of at most a minute.
 */
export function telegramFiles(options: TelegramFilesOptions): (fileId: string) => Promise<TelegramFile> {
  const { api, apiRoot, token, agent, clock, closing } = options;
  return async (fileId) => {
    using deadline = clock.deadline(downloadMs, closing);
    try {
      const { file_path: path, file_size: size = 0 } = await api.getFile(fileId);
      if (size > maxFileBytes) return { kind: 'too-large' };
      if (path === undefined) return { kind: 'unavailable' };
      const url = new URL(`${apiRoot}/file/bot${token.reveal()}/${path.split('/').map(encodeURIComponent).join('/')}`);
      return await download(url, agent, deadline);
    } catch (error) {
      closing.throwIfAborted();
      const isTooBig = error instanceof GrammyError && classifyTelegramError(error) === 'too-big';
      return { kind: isTooBig ? 'too-large' : 'unavailable' };
    }
  };
}

async function download(url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<TelegramFile> {
  const { statusCode, headers, body } = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: 'GET',
    signal,
  });
  // Destroying a body before its end emits an error event.
  body.on('error', () => undefined);
  if (statusCode !== 200) {
    body.destroy();
    return { kind: 'unavailable' };
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxFileBytes) {
      body.destroy();
      return { kind: 'too-large' };
    }
    chunks.push(chunk);
  }
  const promised = Number(headers['content-length'] ?? bytes);
  return bytes === promised ? { kind: 'bytes', bytes: Buffer.concat(chunks) } : { kind: 'unavailable' };
}
