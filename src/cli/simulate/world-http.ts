import { Secret } from '../../kit/secret.ts';
import type { HttpClient } from '../../providers/http-client.ts';
import type { World } from './world.ts';

const keyPrefix = 'simulated-key-';

export function keyAt(place: number): Secret {
  return new Secret(`${keyPrefix}${place}`);
}

/** The name of a model of the chain, counted from 1. */
export function modelAt(at: number): string {
  return `simulated/model-${at}`;
}

export function promptOf(request: number): string {
  return `a red fox, number ${request}`;
}

/** The world as it looks over the wire, so that the real adapter reads its answers and judges whose fault they are. */
export function worldHttp(world: World): HttpClient {
  return {
    call: async ({ method, url, headers, body, signal }) => {
      const place = numberAtEnd(headers['authorization'] ?? '');
      if (method === 'GET') return await world.probe(place, signal);
      const { text } = JSON.parse(String(body)) as { readonly text: string };
      return await world.call(place, numberAtEnd(text), signal, numberAtEnd(url));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function numberAtEnd(words: string): number {
  return Number(/(?<!\d)(\d+)$/.exec(words)?.[1]);
}
