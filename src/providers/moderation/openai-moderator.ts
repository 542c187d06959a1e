import { z } from 'zod';
import type { Moderator, ModerationAnswer } from '../../domain/safety/safety.ts';
import type { SecretValue } from '../../domain/provider.ts';
import type { HttpClient } from '../http/http-exchange.ts';
import { parseJson } from '../http/http-exchange.ts';
import { createKeyedClient } from '../keyed-client.ts';
import { openaiFailures } from '../openai/failure-table.ts';
import { versioned } from '../openai/openai-like-provider.ts';

const model = 'omni-moderation-latest';
const answerLimitBytes = 1_000_000;
/** Another key is asked when one is refused or rests; beyond so many the service counts as unreachable. */
const maxKeys = 3;

/** One result for each text, in their order. */
const answer = z.object({ results: z.array(z.object({ flagged: z.boolean() })) });

export type OpenAiModeratorOptions = {
  readonly http: HttpClient;
  /** With or without its version path. */
  readonly baseUrl: string;
  /** The keys that work now. Calls are free of charge and take no seat, and their failures say nothing of a key. */
  readonly keys: () => readonly SecretValue[];
  readonly now: () => number;
};

/**
 * Asks OpenAI's moderation endpoint (`POST /moderations`, `{model, input: [text, …]}`), in turn with each of the keys. What it
 * flags in any category is refused.
 */
export function createOpenAiModerator({ http, baseUrl, keys, now }: OpenAiModeratorOptions): Moderator {
  const keyHeaders = (key: string) => ({ authorization: `Bearer ${key}` });
  const client = createKeyedClient({ http, now, failures: openaiFailures, keyHeaders });
  const url = `${versioned(baseUrl.replace(/(?<!\/)\/+$/, ''), '/v1')}/moderations`;
  let next = 0;
  return {
    name: 'openai',
    check: async (texts, signal): Promise<ModerationAnswer> => {
      const all = keys();
      if (all.length === 0) return { kind: 'unclear', detail: 'no key of OpenAI works now' };
      const first = next++;
      let detail = '';
      for (let tries = 0; tries < Math.min(maxKeys, all.length); tries += 1) {
        const secret = all[(first + tries) % all.length];
        if (secret === undefined) break;
        const headers = { 'content-type': 'application/json', accept: 'application/json' };
        const body = JSON.stringify({ model, input: texts });
        const call = { method: 'POST', url, headers, body, signal, bodyLimitBytes: answerLimitBytes } as const;
        const [prompt = ''] = texts;
        const reply = await client.call(call, secret, { prompt });
        if (reply.ok) return read(reply.answer.body, texts.length);
        detail = `${reply.failure.reason}: ${reply.failure.detail}`;
        if (reply.failure.blame !== 'key') break;
      }
      return { kind: 'unclear', detail };
    },
  };
}

function read(body: Uint8Array, texts: number): ModerationAnswer {
  const json = parseJson(body);
  const parsed = json.ok ? answer.safeParse(json.value) : undefined;
  if (parsed?.success !== true || parsed.data.results.length !== texts) {
    return { kind: 'unclear', detail: 'the answer is not one result for each text' };
  }
  return { kind: parsed.data.results.some(({ flagged }) => flagged) ? 'refused' : 'allowed' };
}
