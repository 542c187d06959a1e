import { knownNames, unknownNames } from '../config/unknown-names.ts';
import { keyVariables } from '../keys/sources/key-variables.ts';
import { poolVariable, type ProviderKey } from '../keys/sources/read-keys.ts';
import { providerDefinitions } from '../providers/registry.ts';
import type { App } from '../app/open-app.ts';
import { ConfigError, parseConfig } from '../config/config.ts';
import type { ProvidersConfig } from '../config/provider-settings.ts';
import type { Emit } from '../domain/events.ts';
import type { EnvironmentReading } from '../config/env.ts';
import { groupWarnings } from '../keys/sources/account-groups.ts';
import type { KeySource } from '../keys/sources/key-source.ts';
import { type Clock, every } from '../kit/clock.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const takenAtOnce = /_(?:WEIGHTS|KEY_GROUPS|SEATS_PER_KEY|SEATS_MAX)$/;

/** The settings that are not the same in two environments and count at the next start only. */
export function settingsForNextStart(before: Environment, after: Environment): readonly string[] {
  return knownNames.filter(
    (name) =>
      name !== poolVariable &&
      !takenAtOnce.test(name) &&
      providerDefinitions.every((owner) => keyVariables(owner, [name]).length === 0) &&
      (before[name] ?? '') !== (after[name] ?? ''),
  );
}

const lookEveryMs = 2_000;

export type LiveKeysOptions = {
  /** As it was at the start; the source has read it. */
  readonly reading: EnvironmentReading;
  readonly source: KeySource;
  readonly providers: ProvidersConfig;
  readonly app: Pick<App, 'reloadKeys'>;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Warnings that were told already. */
  readonly told: readonly string[];
  /** Hears of keys before anybody uses them. */
  readonly onKeys: (keys: readonly ProviderKey[]) => void;
  readonly readEnvironment: () => EnvironmentReading;
};

/**
 * Follows changes of the keys while the app runs: files of keys as soon as they change, `.env` when it is told
 * to. A warning is told when it is new.
 */
export class LiveKeys implements AsyncDisposable {
  readonly #options: LiveKeysOptions;
  readonly #rounds: Disposable;
  #reading: EnvironmentReading;
  #providers: ProvidersConfig;
  #told: ReadonlySet<string>;
  #work: Promise<void> = Promise.resolve();

  constructor(options: LiveKeysOptions) {
    this.#options = options;
    this.#reading = options.reading;
    this.#providers = options.providers;
    this.#told = new Set(options.told);
    this.#rounds = every(options.clock, lookEveryMs, () => {
      if (options.source.hasChanged()) this.#takeKeys();
    });
  }

  /** Reads the environment anew: keys, weights, seats and accounts count at once, the rest at the next start. */
  readEnvironment(): void {
    const reading = this.#options.readEnvironment();
    if (this.#reading.hasFile && !reading.hasFile) return this.#leave(['.env gives nothing any more']);
    try {
      this.#providers = parseConfig(reading.env).providers;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return this.#leave(error.mistakes);
    }
    this.#reading = reading;
    for (const name of settingsForNextStart(this.#options.reading.env, reading.env)) {
      this.#warn(`${name} was changed; it takes effect at the next start`);
    }
    this.#takeKeys((keys) => this.#options.emit({ event: 'config.reloaded', keys }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds[Symbol.dispose]();
    await this.#work;
  }

  #leave(mistakes: readonly string[]): void {
    for (const mistake of mistakes) this.#warn(`The environment is left as it was, because ${mistake}`);
  }

  #warn(text: string): void {
    this.#options.emit({ event: 'config.warning', text });
  }

  #takeKeys(onTaken: (keys: number) => void = () => undefined): void {
    const { source, emit, onKeys, app } = this.#options;
    const { env, warnings } = this.#reading;
    const providers = this.#providers;
    const { keys, warnings: keyWarnings } = source.read(env);
    onKeys(keys);
    const all = [...warnings, ...unknownNames(env), ...keyWarnings, ...groupsBeyond(keys, providers)];
    for (const text of all) if (!this.#told.has(text)) this.#warn(text);
    this.#told = new Set(all);
    this.#work = this.#work
      .then(() => app.reloadKeys(keys, providers))
      .then(() => onTaken(keys.length))
      .catch((error: unknown) => emit({ event: 'app.error', what: 'Cannot take in the keys anew', error }));
  }
}

/** Warnings about accounts of keys that are not there. */
export function groupsBeyond(keys: readonly ProviderKey[], providers: ProvidersConfig): readonly string[] {
  return groupWarnings(keys, (provider) => providers[provider]?.keyGroups ?? []);
}
