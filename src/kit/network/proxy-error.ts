/** How long a proxy may take to connect to the target. */
export const proxyAnswerMs = 10_000;

/** No connection was made: the proxy refuses it, needs a password, or does not answer. Its message names no credential. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: 'PROXY_REFUSED' | 'PROXY_PASSWORD' | 'PROXY_TIMEOUT' | 'PROXY_CUT';

  constructor(code: ProxyError['code'], what: string) {
    super(`Cannot connect through the proxy: ${what}`);
    this.code = code;
  }
}
