import { z } from 'zod';
import type { Moderator, ModerationAnswer } from '../../domain/safety/safety.ts';
import type { Json, SecretValue } from '../../domain/provider.ts';
import type { HttpClient } from '../http/http-exchange.ts';
import { parseJson } from '../http/http-exchange.ts';
import { createKeyedClient, versioned } from '../keyed-client.ts';
import { openaiFailures } from '../openai/failure-table.ts';
import { pictureUri } from '../input-files.ts';

const model = 'omni-moderation-latest';
const answerLimitBytes = 1_000_000;
/** Another key is asked when one is refused or rests; beyond so many the service counts as unreachable. */
const maxKeys = 3;

/** One result for each text, in their order; one for what is sent as parts. */
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
 * Asks OpenAI's moderation endpoint (`POST /moderations`) about texts (`{model, input: [text, …]}`), then about each picture
 * (`{model, input: [{type: 'image_url', image_url: {url}}]}`, as the types of the package `openai` 6.0.0 have it). What it flags in
 * any category is refused.
 */
export function createOpenAiModerator({ http, baseUrl, keys, now }: OpenAiModeratorOptions): Moderator {
  const keyHeaders = (key: string) => ({ authorization: `Bearer ${key}` });
  const client = createKeyedClient({ http, now, failures: openaiFailures, keyHeaders });
  const url = `${versioned(baseUrl, '/v1')}/moderations`;
  let next = 0;

  /** One call, in turn with each of the keys; `results` is how many are awaited where that is known. */
  const ask = async (input: Json, prompt: string, signal: AbortSignal, results?: number): Promise<ModerationAnswer> => {
    const all = keys();
    if (all.length === 0) return { kind: 'unclear', detail: 'no key of OpenAI works now' };
    const first = next++;
    let detail = '';
    for (let tries = 0; tries < Math.min(maxKeys, all.length); tries += 1) {
      const secret = all[(first + tries) % all.length];
      if (secret === undefined) break;
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const body = JSON.stringify({ model, input });
      const call = { method: 'POST', url, headers, body, signal, bodyLimitBytes: answerLimitBytes } as const;
      const reply = await client.call(call, secret, { prompt });
      if (reply.ok) return read(reply.answer.body, results);
      detail = `${reply.failure.reason}: ${reply.failure.detail}`;
      if (reply.failure.blame !== 'key') break;
    }
    return { kind: 'unclear', detail };
  };

  return {
    name: 'openai',
    check: async (texts, signal, pictures = []): Promise<ModerationAnswer> => {
      const [prompt = ''] = texts;
      let answered: ModerationAnswer = { kind: 'allowed' };
      if (texts.length > 0) answered = await ask(texts, prompt, signal, texts.length);
      for (const picture of pictures) {
        if (answered.kind !== 'allowed') break;
        answered = await ask([{ type: 'image_url', image_url: { url: pictureUri(picture) } }], '', signal);
      }
      return answered;
    },
  };
}

function read(body: Uint8Array, results: number | undefined): ModerationAnswer {
  const json = parseJson(body);
  const parsed = json.ok ? answer.safeParse(json.value) : undefined;
  const count = parsed?.success === true ? parsed.data.results.length : 0;
  if (parsed?.success !== true || count === 0 || count !== (results ?? count)) {
    return { kind: 'unclear', detail: 'the answer is not one result for each text' };
  }
  return { kind: parsed.data.results.some(({ flagged }) => flagged) ? 'refused' : 'allowed' };
}
