import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { Secret } from '../src/kit/secret.ts';
import { createHttpClient } from '../src/providers/http/http-exchange.ts';
import { openaiDialect } from '../src/providers/openai/openai-dialect.ts';
import { createOpenAiLikeProvider } from '../src/providers/openai/openai-like-provider.ts';
import { median } from './quantile.ts';

const warmUpCalls = 200;
const rounds = 60;
const callsARound = 20;

export type AdapterCost = {
  /** Processor time of this whole process for one call, in microseconds: the median of the rounds. */
  readonly adapterUs: number;
  readonly bareUs: number;
  /** The median of each round's ratio. */
  readonly ratio: number;
};

/**
 * What a picture of 1 MB in base64 costs through an adapter: request, answer, picture decoded and written to a file, against
 * `undici.request` that does the same by hand. Both take turns, first one and then the other in each round.
 */
export async function adapterCost(dir: string, url: string): Promise<AdapterCost> {
  await using opening = new AsyncDisposableStack();
  const agent = new Agent({ connections: 1, pipelining: 1 });
  opening.defer(() => agent.close());
  const http = opening.use(createHttpClient({ agent }));
  const file = join(dir, 'picture.png');
  const baseUrl = new URL('/large/v1', url).href;
  const key = new Secret('bench-key-number-1');
  const model = 'gpt-image-2';
  const prompt = 'a red fox';
  const provider = createOpenAiLikeProvider({ name: 'openai', dialect: openaiDialect, baseUrl, http, now: Date.now });

  const adapter = async () => {
    const { signal } = new AbortController();
    const reply = await provider.generate({ kind: 'image', model, prompt, inputs: [] }, key, signal);
    if (!reply.ok || reply.source.kind !== 'bytes') throw new Error('Cannot measure: the adapter has no picture');
    await writeFile(file, reply.source.bytes);
  };
  const bare = async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key.reveal()}` };
    const body = JSON.stringify({ model, prompt, n: 1 });
    const response = await request(`${baseUrl}/images/generations`, {
      method: 'POST',
      headers,
      body,
      dispatcher: agent,
    });
    const { data } = (await response.body.json()) as { readonly data: readonly { readonly b64_json: string }[] };
    await writeFile(file, Buffer.from(data[0]?.b64_json ?? '', 'base64'));
  };

  const spent = { adapter: [] as number[], bare: [] as number[] };
  for (let call = 0; call < warmUpCalls; call += 1) await (call % 2 === 0 ? adapter() : bare());
  for (let round = 0; round < rounds; round += 1) {
    const isFirst = round % 2 === 0;
    if (isFirst) spent.adapter.push(await processorUs(adapter));
    spent.bare.push(await processorUs(bare));
    if (!isFirst) spent.adapter.push(await processorUs(adapter));
  }
  return {
    adapterUs: median(spent.adapter),
    bareUs: median(spent.bare),
    ratio: median(spent.adapter.map((us, round) => us / (spent.bare[round] ?? us))),
  };
}

async function processorUs(call: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  for (let done = 0; done < callsARound; done += 1) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / callsARound;
}
