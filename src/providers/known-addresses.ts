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
