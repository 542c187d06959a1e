import { Agent, request } from 'undici';
import type { Contender } from '../../simulator/contender.ts';
import { keyAt, promptOf } from '../../simulator/world.ts';
import { model, limits } from './limits.ts';
import { portkeyConfig, portkeyHeaders, type PortkeyMode } from './portkey.ts';
import { startUpstream } from './upstream.ts';

export function nameOf(mode: PortkeyMode): string {
  return `Portkey, ${mode}`;
}

/** The peer gateway in one of its ways, asked over HTTP as its users ask it. */
export function portkey(mode: PortkeyMode, url: string): Contender {
  return {
    name: nameOf(mode),
    kind: 'rival',
    open: async ({ world }) => {
      await using opening = new AsyncDisposableStack();
      const { baseUrl } = opening.use(await startUpstream(world));
      const agent = new Agent();
      opening.defer(() => agent.destroy());
      const keys = Array.from({ length: world.keys }, (_, index) => keyAt(index + 1).reveal());
      const headers = portkeyHeaders(portkeyConfig(mode, keys, limits.callMs), baseUrl);
      const opened = opening.move();
      return {
        ask: async (number) => {
          try {
            const response = await request(`${url}/v1/images/generations`, {
              method: 'POST',
              headers,
              body: JSON.stringify({ model, prompt: promptOf(number) }),
              dispatcher: agent,
              signal: AbortSignal.timeout(limits.requestMs),
            });
            const { data } = (await response.body.json()) as { readonly data?: readonly { b64_json?: string }[] };
            return response.statusCode === 200 && data?.[0]?.b64_json !== undefined;
          } catch {
            return false;
          }
        },
        [Symbol.asyncDispose]: () => opened.disposeAsync(),
      };
    },
  };
}
