import { Agent, type Dispatcher } from 'undici';
import { type HttpCall, type HttpReply, HttpExchange } from './http-exchange.ts';

/** An address as a request names it. */
export type Address = { readonly origin: string; readonly path: string };

const mostKnown = 1_000;

/** Takes addresses apart, each only once: a house asks the same few, and a call should not pay for that each time. */
export class KnownAddresses {
  readonly #known = new Map<string, Address>();

  /** Throws on what is no address. */
  find(url: string): Address {
    const known = this.#known.get(url);
    if (known !== undefined) return known;
    const { origin, pathname, search } = new URL(url);
    const address = { origin, path: `${pathname}${search}` };
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(url, address);
    return address;
  }
}

export type HttpClient = AsyncDisposable & {
  /** Answers whatever happened on the wire; throws only the signal's reason when that is not a passed deadline. */
  call(call: HttpCall): Promise<HttpReply>;
};

/** One client for all providers; disposing it closes the agent it made and leaves alone one that was given. */
export function createHttpClient(options: { readonly agent?: Dispatcher } = {}): HttpClient {
  const own = newAgent();
  const dispatcher = options.agent ?? own;
  const addresses = new KnownAddresses();
  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        const exchange = new HttpExchange(call, resolve, reject);
        exchange.begin(() => dispatcher.dispatch(requestFor(call, addresses), exchange));
      }),
    [Symbol.asyncDispose]: async () => {
      await own.destroy();
    },
  };
}

/**
 * HTTP/1.1 only: a cancelled call then ends its own socket and with it the provider's run. A server is trusted by its
 * certificate alone, whatever the environment says.
 */
function newAgent(): Agent {
  const connect = { rejectUnauthorized: true };
  return new Agent({ allowH2: false, connect, connectTimeout: 10_000, headersTimeout: 0, bodyTimeout: 0 });
}

function requestFor(call: HttpCall, addresses: KnownAddresses): Dispatcher.DispatchOptions {
  const { headers } = call;
  return {
    ...addresses.find(call.url),
    method: call.method,
    headers: { ...headers, 'user-agent': headers['user-agent'] ?? 'darkroom', 'accept-encoding': 'identity' },
    body: call.body ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}
