import { join } from 'node:path';
import { z } from 'zod';
import { type NodeProcess, startNode } from './node-process.ts';

const answer = z.object({ url: z.string() });

export type LoopbackServer = AsyncDisposable & {
  readonly url: string;
  readonly process: NodeProcess;
};

/** A server in a process of its own that answers every POST at once with the same small picture, OpenAI-shaped. */
export async function startLoopbackServer(cwd: string): Promise<LoopbackServer> {
  const process = startNode({ args: [join(import.meta.dirname, 'processes/loopback-server.ts')], cwd });
  const { url } = answer.parse(await process.ask('url'));
  return { url, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}
