import { z } from 'zod';
import type { Moderator } from '../../domain/safety/safety.ts';
import type { SecretValue } from '../../domain/provider.ts';
import { type HttpClient, parseJson } from '../http/http-exchange.ts';
import { pictureUri } from '../input-files.ts';

const answerLimitBytes = 64_000;

const answer = z.object({ allowed: z.boolean() });

export type HookModeratorOptions = {
  readonly http: HttpClient;
  /** An address of the operator's own; it may hold a token. */
  readonly url: SecretValue;
};

/**
 * Asks the operator's own service: `POST {"texts": ["…"]}`, with `"images": ["data:…"]` where pictures go with the words; it
 * answers 200 and `{"allowed": true}` or `false`.
 */
export function createHookModerator({ http, url }: HookModeratorOptions): Moderator {
  return {
    name: 'hook',
    check: async (texts, signal, pictures = []) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const images = pictures.map((picture) => pictureUri(picture));
      const body = JSON.stringify(images.length === 0 ? { texts } : { texts, images });
      const call = {
        method: 'POST',
        url: url.reveal(),
        headers,
        body,
        signal,
        bodyLimitBytes: answerLimitBytes,
      } as const;
      const reply = await http.call(call);
      if (reply.kind !== 'answer') return { kind: 'unclear', detail: reply.kind };
      if (reply.status !== 200) return { kind: 'unclear', detail: `HTTP ${reply.status}` };
      const json = parseJson(reply.body);
      const parsed = json.ok ? answer.safeParse(json.value) : undefined;
      if (parsed?.success !== true)
        return { kind: 'unclear', detail: 'the answer is not {"allowed": true} or {"allowed": false}' };
      return { kind: parsed.data.allowed ? 'allowed' : 'refused' };
    },
  };
}
