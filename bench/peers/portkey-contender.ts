import { Agent } from 'undici';
import type { Contender } from '../../simulator/contender.ts';
import { keyAt } from '../../simulator/world.ts';
import { askForPicture } from './ask-for-picture.ts';
import { limits } from './limits.ts';
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
        ask: (number) => askForPicture({ url, headers, number, agent }),
        [Symbol.asyncDispose]: () => opened.disposeAsync(),
      };
    },
  };
}
