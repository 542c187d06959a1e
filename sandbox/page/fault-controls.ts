import type { BytezFault } from '../bytez/bytez-fault.ts';
import type { BytezSandbox } from '../bytez/bytez-sandbox.ts';
import type { SandboxAccount } from '../bytez/faults-file.ts';
import type { TelegramSandbox } from '../telegram/telegram-sandbox.ts';
import type { BreakableProvider, ProviderMode } from '../demo-providers.ts';
import type { BotProcess } from './app-view.ts';

export const accountModes = [
  'scripted',
  'healthy',
  'refused',
  'no-credit',
  'limited',
  'concurrency',
  'failing',
  'hanging',
  'slow',
] as const;
/** How an account of the provider behaves; `scripted` is its original behaviour. */
export type AccountMode = (typeof accountModes)[number];

export const telegramFaultModes = ['limited', 'failing', 'answers-lost'] as const;
/** The faults that can hit the next calls of the bot to Telegram. */
export type TelegramFaultMode = (typeof telegramFaultModes)[number];

export type FaultControlsView = {
  /** In the order of the keys; the name says how the account behaves by itself. */
  readonly accounts: readonly { readonly name: string; readonly mode: AccountMode }[];
  /** In the order of the chain. */
  readonly providers: readonly {
    readonly name: string;
    readonly modes: readonly ProviderMode[];
    readonly mode: ProviderMode;
  }[];
  readonly contentRefused: boolean;
  readonly botRunning: boolean;
  readonly diskFull: boolean;
  readonly held: boolean;
  readonly telegramOffline: boolean;
};

const faultsOfMode = {
  healthy: [],
  refused: [{ do: { kind: 'unauthorized' } }],
  'no-credit': [{ do: { kind: 'out-of-credit' } }],
  limited: [{ do: { kind: 'rate-limited', retryAfterS: 15 } }],
  concurrency: [{ do: { kind: 'concurrency' } }],
  failing: [{ do: { kind: 'status', status: 500, body: '{"error":"Internal Server Error"}' } }],
  hanging: [{ do: { kind: 'hang' } }],
  slow: [{ do: { kind: 'slow', ms: 5_000 } }],
} as const satisfies Record<Exclude<AccountMode, 'scripted'>, readonly BytezFault[]>;

/** The provider declines the words of a prompt. */
const refusedContent = { do: { kind: 'refused' } } as const satisfies BytezFault;

const faultyMethods = /^(?:send|edit)/;
const faultyCalls = 3;

const effectOfMode = {
  limited: { kind: '429', retryAfterS: 3 },
  failing: { kind: '5xx', status: 502 },
  'answers-lost': { kind: 'cut-after' },
} as const satisfies Record<TelegramFaultMode, object>;

/** The faults that a visitor of the page can switch on and off, and their current state. */
export class FaultControls {
  readonly #telegram: TelegramSandbox;
  readonly #bytez: BytezSandbox;
  readonly #accounts: readonly SandboxAccount[];
  readonly #process: BotProcess;
  readonly #modes = new Map<string, AccountMode>();
  readonly #providers: readonly BreakableProvider[];
  readonly #providerModes = new Map<string, ProviderMode>();
  #contentRefused = false;
  #telegramOffline = false;
  #hold: { release(): void } | undefined;

  constructor(options: {
    readonly telegram: TelegramSandbox;
    readonly bytez: BytezSandbox;
    /** In the order of the keys of the bot. */
    readonly accounts: readonly SandboxAccount[];
    readonly providers: readonly BreakableProvider[];
    readonly process: BotProcess;
  }) {
    this.#telegram = options.telegram;
    this.#bytez = options.bytez;
    this.#accounts = options.accounts;
    this.#providers = options.providers;
    this.#process = options.process;
  }

  view(): FaultControlsView {
    return {
      accounts: this.#accounts.map(({ name }) => ({ name, mode: this.#modes.get(name) ?? 'scripted' })),
      providers: this.#providers.map(({ name, modes }) => ({
        name,
        modes,
        mode: this.#providerModes.get(name) ?? 'working',
      })),
      contentRefused: this.#contentRefused,
      botRunning: this.#process.isRunning,
      diskFull: this.#process.isDiskFull,
      held: this.#hold !== undefined,
      telegramOffline: this.#telegramOffline,
    };
  }

  /** Sets the behaviour of the account with this key number, counted from 1; false when there is none. */
  setMode(place: number, mode: AccountMode): boolean {
    const account = this.#accounts[place - 1];
    if (account === undefined) return false;
    this.#modes.set(account.name, mode);
    this.#applyFaults(account);
    return true;
  }

  /** While refused, the provider declines every prompt, whatever the key. */
  setContentRefused(refused: boolean): void {
    this.#contentRefused = refused;
    for (const account of this.#accounts) this.#applyFaults(account);
  }

  /** Breaks or repairs a provider of the chain. Returns false when no provider has this name or this fault. */
  setProvider(name: string, mode: ProviderMode): boolean {
    const provider = this.#providers.find((one) => one.name === name && one.modes.includes(mode));
    if (provider === undefined) return false;
    this.#providerModes.set(name, mode);
    provider.set(mode);
    return true;
  }

  /** While held, runs start and do not end. */
  setHeld(held: boolean): void {
    if (held === (this.#hold !== undefined)) return;
    this.#hold?.release();
    this.#hold = held ? this.#bytez.hold() : undefined;
  }

  setTelegramOffline(offline: boolean): void {
    this.#telegramOffline = offline;
    this.#telegram.setOffline(offline);
  }

  /** Kills the process of the bot, which starts again by itself; false when it does not run. */
  killBot(): boolean {
    return this.#process.kill();
  }

  /** Kills one of several processes, which starts again by itself; false when it does not run. */
  killProcess(number: number): boolean {
    return this.#process.several?.kill(number) ?? false;
  }

  /** Starts one of several processes that was killed; false when it was not. */
  startProcess(number: number): boolean {
    return this.#process.several?.start(number) ?? false;
  }

  setDiskFull(full: boolean): Promise<void> {
    return this.#process.setDiskFull(full);
  }

  #applyFaults(account: SandboxAccount): void {
    const mode = this.#modes.get(account.name) ?? 'scripted';
    const own = mode === 'scripted' ? (account.faults ?? []) : faultsOfMode[mode];
    this.#bytez.setFaults(account.name, this.#contentRefused ? [refusedContent, ...own] : own);
  }

  /** Hits the next three messages or edits that the bot sends. */
  injectTelegramFault(faultMode: TelegramFaultMode): void {
    this.#telegram.addFault({ method: faultyMethods, times: faultyCalls, do: effectOfMode[faultMode] });
  }
}
