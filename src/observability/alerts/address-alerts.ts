import type { ProviderName } from '../../domain/ids.ts';
import type { AlertBoard } from './provider-alerts.ts';

/** Raises an alert about a provider's address, unless a call of the provider has succeeded: then only its probe is gone. */
export class AddressAlerts {
  readonly #board: AlertBoard;
  readonly #served = new Set<ProviderName>();

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  wrong(provider: ProviderName): void {
    if (!this.#served.has(provider)) this.#board.raise(addressId(provider), { kind: 'wrong-address', provider });
  }

  right(provider: ProviderName): void {
    this.#board.resolve(addressId(provider));
  }

  served(provider: ProviderName | undefined): void {
    if (provider === undefined || this.#served.has(provider)) return;
    this.#served.add(provider);
    this.right(provider);
  }
}

function addressId(provider: ProviderName): string {
  return `wrong-address:${provider}`;
}
