import { Secret } from '../../kit/secret.ts';
import type { HttpClient } from '../../providers/http-client.ts';
import type { World } from './world.ts';

const keyPrefix = 'simulated-key-';

export function keyAt(place: number): Secret {
  return new Secret(`${keyPrefix}${place}`);
}

export function promptOf(request: number): string {
  return `a red fox, number ${request}`;
}

/** The world as it looks over the wire, so that the real adapter reads its answers and judges whose fault they are. */
export function worldHttp(world: World): HttpClient {
  return {
    call: async ({ method, headers, body, signal }) => {
      const place = Number(/(?<!\d)(\d+)$/.exec(headers['authorization'] ?? '')?.[1]);
      if (method === 'GET') return await world.probe(place, signal);
      const { text } = JSON.parse(String(body)) as { readonly text: string };
      return await world.call(place, Number(/(?<!\d)(\d+)$/.exec(text)?.[1]), signal);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
