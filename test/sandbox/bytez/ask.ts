import {
  startBytezSandbox,
  type BytezSandbox,
  type BytezSandboxOptions,
} from '../../../sandbox/bytez/bytez-sandbox.ts';
import type { BytezFault, FaultEffect } from '../../../sandbox/bytez/bytez-fault.ts';
import type { Painter } from '../../../sandbox/bytez/run-model.ts';
import { systemClock } from '../../../src/kit/clock.ts';

export const imageModel = 'dreamlike-art/dreamlike-photoreal-2.0';
export const videoModel = 'ali-vilab/text-to-video-ms-1.7b';
export const chatModel = 'Qwen/Qwen3-4B';

export const pngBytes = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
export const mp4Bytes = Buffer.from('000000186674797069736f6d', 'hex');

/** Returns fixed bytes and records the requests. */
export function plainPainter(): Painter & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    picture: async (request) => {
      asked.push(request);
      return pngBytes;
    },
    video: async (request) => {
      asked.push(request);
      return mp4Bytes;
    },
  };
}

export function aSandbox(options: Partial<BytezSandboxOptions> = {}): Promise<BytezSandbox> {
  return startBytezSandbox({
    clock: systemClock,
    accounts: [
      { name: 'ann', key: 'key-of-ann' },
      { name: 'bob', key: 'key-of-bob' },
    ],
    painter: plainPainter(),
    ...options,
  });
}

/** A sandbox whose one account has this fault. */
export function troubled(effect: FaultEffect, rest: Omit<BytezFault, 'do'> = {}): Promise<BytezSandbox> {
  return aSandbox({ accounts: [{ name: 'ann', key: 'key-of-ann', faults: [{ do: effect, ...rest }] }] });
}

type AskOptions = { readonly authorization?: string; readonly signal?: AbortSignal };

export function post(
  sandbox: BytezSandbox,
  path: string,
  body: unknown,
  { authorization = 'Key key-of-ann', signal }: AskOptions = {},
): Promise<Response> {
  return fetch(`${sandbox.baseUrl}/${path}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: signal ?? null,
  });
}

export function get(sandbox: BytezSandbox, path: string, authorization = 'Key key-of-ann'): Promise<Response> {
  return fetch(`${sandbox.baseUrl}/${path}`, { headers: authorization === '' ? {} : { authorization } });
}

/** Returns the URL of a new picture. */
export async function madeUrl(sandbox: BytezSandbox): Promise<string> {
  const answer = (await (await post(sandbox, imageModel, { text: 'a fox' })).json()) as { output: string };
  return answer.output;
}

/** Resolves once the condition holds; it is checked after each change. */
export async function until(sandbox: BytezSandbox, seen: () => boolean): Promise<void> {
  if (seen()) return;
  await new Promise<void>((resolve) => {
    const listening = sandbox.onChange(() => {
      if (!seen()) return;
      listening[Symbol.dispose]();
      resolve();
    });
  });
}
