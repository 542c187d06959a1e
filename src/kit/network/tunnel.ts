import { request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { basicLogin, type Proxy } from './proxy-settings.ts';
import { proxyAnswerMs, ProxyError } from './proxy-error.ts';

/** Asks the proxy at the other end of the socket to connect to the target (CONNECT); closes the socket when it fails. */
export async function openTunnel(
  socket: Socket,
  proxy: Proxy,
  target: { readonly hostname: string; readonly port: number },
  clock: Clock,
): Promise<Socket> {
  const authorization = basicLogin(proxy);
  const opened = Promise.withResolvers<Socket>();
  const host = `${isIP(target.hostname) === 6 ? `[${target.hostname}]` : target.hostname}:${target.port}`;
  const asking = request({
    method: 'CONNECT',
    path: host,
    headers: {
      host,
      connection: 'keep-alive',
      ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
    },
    createConnection: () => socket,
  });
  using _timer = clock.schedule(proxyAnswerMs, () => {
    opened.reject(new ProxyError('PROXY_TIMEOUT', `it did not answer within ${proxyAnswerMs} ms`));
  });
  asking.on('connect', ({ statusCode = 0 }) => {
    if (statusCode >= 200 && statusCode < 300) opened.resolve(socket);
    else if (statusCode === 407)
      opened.reject(new ProxyError('PROXY_PASSWORD', 'it asks for a user name and a password'));
    else opened.reject(new ProxyError('PROXY_REFUSED', `it answered HTTP ${statusCode}`));
  });
  asking.on('response', () => opened.reject(new ProxyError('PROXY_REFUSED', 'it did not answer as a proxy does')));
  asking.on('error', () => opened.reject(new ProxyError('PROXY_CUT', 'the connection to it broke')));
  asking.end();
  try {
    return await opened.promise;
  } catch (error) {
    // What a closed socket says after this is of no interest.
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  }
}
