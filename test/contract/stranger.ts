import { jsonReply, startStandIn } from '../../sandbox/http/stand-in-server.ts';

/** A server that answers everybody, and that no key may be sent to. */
export async function startStranger() {
  const requests: string[] = [];
  const server = await startStandIn(async ({ method, path, headers }) => {
    const carriesKey = headers.authorization !== undefined || headers['x-key'] !== undefined;
    requests.push(`${method} ${path}${carriesKey ? ' with a key' : ''}`);
    return jsonReply(200, { status: 'COMPLETED' });
  });
  return { root: server.root, requests, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
