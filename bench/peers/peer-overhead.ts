import { Agent, request } from 'undici';
import { addedLatency } from '../added-latency.ts';
import type { CallPaths } from '../call-paths.ts';
import type { Figure, Progress } from '../figure.ts';
import { benchSecrets } from '../open-bench-core.ts';
import { limits } from './limits.ts';
import { portkeyConfig, portkeyHeaders, portkeyName, startPortkey } from './portkey.ts';

const turns = 60;
const body = JSON.stringify({ model: 'bench-model', prompt: 'a red fox' });

/** What the peer gateway adds to the very same call, beside what Darkroom adds; nothing where it cannot be had. */
export async function peerOverhead(stage: CallPaths, url: string, progress: Progress): Promise<readonly Figure[]> {
  const started = await startPortkey();
  if ('why' in started) {
    progress(`without the peer: ${started.why}`);
    return [];
  }
  await using gateway = started;
  const agent = new Agent();
  await using _closing = { [Symbol.asyncDispose]: () => agent.close() };
  const config = portkeyConfig('loadbalance + retry', benchSecrets(10), limits.callMs);
  const headers = portkeyHeaders(config, new URL('.', url).href.replace(/\/images\/$/, ''));
  const throughPeer = async () => {
    const response = await request(`${gateway.url}/v1/images/generations`, {
      method: 'POST',
      headers,
      body,
      dispatcher: agent,
    });
    const { data } = (await response.body.json()) as { readonly data?: readonly unknown[] };
    if (data?.length !== 1) throw new Error(`Cannot measure: the peer answered HTTP ${response.statusCode}`);
  };
  const [, pooled, peer] = await addedLatency(
    [
      { name: 'bare', call: () => stage.bare() },
      { name: 'pooled', call: () => stage.pooled() },
      { name: portkeyName, call: throughPeer },
    ],
    turns,
  );
  if (pooled === undefined || peer === undefined) throw new Error('Cannot measure what the peer adds');
  return [
    {
      what: 'added to a call, p50',
      unit: 'µs',
      better: 'lower',
      app: pooled.addedP50Us,
      rival: { name: `${portkeyName}, in its own process`, value: peer.addedP50Us },
    },
  ];
}
