import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { firstLine, npm } from '../install.ts';
import { type NodeProcess, startNode } from '../node-process.ts';
import { resultsDir } from '../scratch.ts';

export const portkeyName = '@portkey-ai/gateway 1.15.2';
const wanted = portkeyName.replace(' ', '@');
const home = join(resultsDir, 'peers', 'portkey-1.15.2');
const program = join(home, 'node_modules/@portkey-ai/gateway/build/start-server.js');
const answer = z.object({ port: z.number() });
/** What the gateway runs as it is needs none of its dependencies' own scripts. */
const quietFlags = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--fetch-retries=0',
  '--loglevel=error',
];

export type Portkey = AsyncDisposable & {
  readonly url: string;
  readonly process: NodeProcess;
};

/** The peer gateway from npm, installed when it is not there yet and listening on loopback; or why it cannot be had. */
export async function startPortkey(): Promise<Portkey | { readonly why: string }> {
  try {
    if (!existsSync(program)) {
      mkdirSync(home, { recursive: true });
      await npm(['install', '--prefix', home, wanted, ...quietFlags], home);
    }
  } catch (error) {
    return { why: `npm could not install ${wanted}: ${firstLine(error)}` };
  }
  const preload = pathToFileURL(join(import.meta.dirname, 'loopback-only.js')).href;
  const process = startNode({ args: ['--import', preload, program, '--headless', '--port=0'], cwd: home });
  const { port } = answer.parse(await process.ask('address'));
  return { url: `http://127.0.0.1:${port}`, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

export const portkeyModes = ['loadbalance + retry', 'fallback', 'loadbalance of fallbacks'] as const;
export type PortkeyMode = (typeof portkeyModes)[number];

/** Its own words for five keys of one provider, in each way that it has of using them. */
export function portkeyConfig(mode: PortkeyMode, keys: readonly string[], callTimeoutMs: number): object {
  const targets = keys.map((key) => ({ provider: 'openai', api_key: key, request_timeout: callTimeoutMs }));
  const fallback = { mode: 'fallback' };
  switch (mode) {
    case 'loadbalance + retry':
      return {
        strategy: { mode: 'loadbalance' },
        targets: targets.map((target) => ({ ...target, weight: 1, retry: { attempts: 2 } })),
      };
    case 'fallback':
      return { strategy: fallback, targets };
    case 'loadbalance of fallbacks':
      return {
        strategy: { mode: 'loadbalance' },
        targets: targets.map((_, first) => ({
          weight: 1,
          strategy: fallback,
          targets: [...targets.slice(first), ...targets.slice(0, first)],
        })),
      };
  }
}

/** The headers with which the gateway is told whom to ask, and how. */
export function portkeyHeaders(config: object, baseUrl: string): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'x-portkey-config': JSON.stringify(config),
    'x-portkey-custom-host': baseUrl,
  };
}
