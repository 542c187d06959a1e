import { type Agent, request } from 'undici';
import { promptOf } from '../../simulator/world.ts';
import { model, limits } from './limits.ts';

type Asking = {
  /** The gateway, without `/v1`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly number: number;
  readonly agent: Agent;
};

/** Asks a gateway for the picture of one request, as clients of OpenAI do; true when one came in time. */
export async function askForPicture({ url, headers, number, agent }: Asking): Promise<boolean> {
  try {
    const response = await request(`${url}/v1/images/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model, prompt: promptOf(number) }),
      dispatcher: agent,
      signal: AbortSignal.timeout(limits.requestMs),
    });
    const { data } = (await response.body.json()) as { readonly data?: readonly { b64_json?: string }[] };
    return response.statusCode === 200 && data?.[0]?.b64_json !== undefined;
  } catch {
    return false;
  }
}
