import ipaddr from 'ipaddr.js';
import type { Clock } from '../kit/clock.ts';

const mostTries = 10;
const windowMs = 60_000;
/** A client with ever new addresses must not fill the memory. */
const mostAddresses = 10_000;

type Tries = { readonly sinceMs: number; readonly count: number };

/** Counts refused tokens by address and blocks addresses with too many. */
export class FailedTries {
  readonly #clock: Clock;
  readonly #byNet = new Map<string, Tries>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long requests from this address are refused; 0 when they are not. */
  waitMs(address: string): number {
    const tries = this.#recent(netOf(address));
    return tries === undefined || tries.count < mostTries ? 0 : tries.sinceMs + windowMs - this.#clock.monotonicMs();
  }

  count(address: string): void {
    const net = netOf(address);
    const { sinceMs, count } = this.#recent(net) ?? { sinceMs: this.#clock.monotonicMs(), count: 0 };
    this.#byNet.delete(net);
    this.#byNet.set(net, { sinceMs, count: count + 1 });
    for (const oldest of this.#byNet.keys()) {
      if (this.#byNet.size <= mostAddresses) break;
      this.#byNet.delete(oldest);
    }
  }

  get addresses(): number {
    return this.#byNet.size;
  }

  #recent(net: string): Tries | undefined {
    const tries = this.#byNet.get(net);
    return tries === undefined || this.#clock.monotonicMs() - tries.sinceMs >= windowMs ? undefined : tries;
  }
}

/** IPv6 addresses count by their /64, all of which one machine may use. */
function netOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.');
}
