import { knownNames, unknownNames } from '../config/unknown-names.ts';
import { keyVariables } from '../keys/sources/key-variables.ts';
import { poolVariable, type ProviderKey } from '../keys/sources/read-keys.ts';
import { definitionsFor } from '../providers/registry.ts';
import type { App } from '../app/open-app.ts';
import { parseConfig } from '../config/config.ts';
import type { ProvidersConfig } from '../config/provider-settings.ts';
import type { Reloaded, TokenRenewed } from '../domain/admin-api.ts';
import type { Emit } from '../domain/events.ts';
import { ConfigError } from '../config/config-error.ts';
import { type EnvironmentReading } from '../config/env.ts';
import { groupWarnings } from '../keys/sources/account-groups.ts';
import type { KeySource } from '../keys/sources/key-source.ts';
import { type Clock, every } from '../kit/clock.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const appliedAtOnce = /_(?:WEIGHTS|KEY_GROUPS|SEATS_PER_KEY|SEATS_MAX)$|^ADMIN_TOKEN(?:_FILE)?$/;

/** The settings that differ between two environments and take effect at the next start only. */
export function settingsForNextStart(before: Environment, after: Environment): readonly string[] {
  const names = new Set([...knownNames(before), ...knownNames(after)]);
  const owners = [...definitionsFor(before), ...definitionsFor(after)];
  return [...names].filter(
    (name) =>
      name !== poolVariable &&
      !appliedAtOnce.test(name) &&
      owners.every((owner) => keyVariables(owner, [name]).length === 0) &&
      (before[name] ?? '') !== (after[name] ?? ''),
  );
}

/**
 * The environment as it is now, with the providers and addresses of the start: those that changed take effect at the next
 * start, and until then no key may go to an address that it was not meant for.
 */
function withProvidersOf(start: Environment, now: Environment): Environment {
  const owners = [...definitionsFor(start), ...definitionsFor(now)];
  const addresses = owners.flatMap(({ prefixes, furtherUrls = {} }) =>
    prefixes.flatMap((prefix) => ['BASE_URL', ...Object.keys(furtherUrls)].map((end) => `${prefix}_${end}`)),
  );
  return { ...now, ...Object.fromEntries(['EXTRA_PROVIDERS', ...addresses].map((name) => [name, start[name]])) };
}

const checkEveryMs = 2_000;

export type LiveKeysOptions = {
  /** The environment at the start, already read by the source. */
  readonly reading: EnvironmentReading;
  readonly source: KeySource;
  readonly providers: ProvidersConfig;
  readonly app: Pick<App, 'reloadKeys' | 'reloadFiles'>;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Warnings that were emitted already. */
  readonly warned: readonly string[];
  /** Called with new keys before they are used. */
  readonly onKeys: (keys: readonly ProviderKey[]) => void;
  readonly readEnvironment: () => EnvironmentReading;
  /** Reads the admin's token again. */
  readonly renewToken?: () => TokenRenewed;
};

/**
 * Follows changes of the keys while the app runs: key files as soon as they change, `.env` when `readEnvironment` is
 * called. Each warning is emitted once.
 */
export class LiveKeys implements AsyncDisposable {
  readonly #options: LiveKeysOptions;
  readonly #rounds: Disposable;
  #reading: EnvironmentReading;
  #providers: ProvidersConfig;
  #warned: ReadonlySet<string>;
  #keyCount = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(options: LiveKeysOptions) {
    this.#options = options;
    this.#reading = options.reading;
    this.#providers = options.providers;
    this.#warned = new Set(options.warned);
    this.#rounds = every(options.clock, checkEveryMs, () => {
      if (options.source.hasChanged()) this.#reloadKeys();
    });
  }

  /**
   * Reads the environment and the operator's files again: keys, weights, seats, accounts, models table and failure rules
   * apply at once, other settings at the next start.
   */
  async readEnvironment(): Promise<Reloaded> {
    const reading = this.#options.readEnvironment();
    if (this.#reading.hasFile && !reading.hasFile) return this.#keepSettings(['.env is missing or empty']);
    try {
      this.#providers = parseConfig(reading.env).providers;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return this.#keepSettings(error.mistakes);
    }
    // The log names these mistakes once.
    const mistakes = this.#options.app.reloadFiles();
    if (mistakes.length > 0) return { keys: this.#keyCount, mistakes };
    this.#reading = reading;
    for (const name of settingsForNextStart(this.#options.reading.env, reading.env)) {
      this.#warn(`${name} was changed; it takes effect at the next start`);
    }
    if (hasToken(reading.env) || hasToken(this.#options.reading.env)) this.#options.renewToken?.();
    let isDone = false;
    this.#reloadKeys((keys) => {
      this.#keyCount = keys;
      isDone = true;
      this.#options.emit({ event: 'config.reloaded', keys });
    });
    await this.#work;
    return { keys: this.#keyCount, mistakes: isDone ? [] : ['the keys could not be taken over; the log says why'] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds[Symbol.dispose]();
    await this.#work;
  }

  #keepSettings(mistakes: readonly string[]): Reloaded {
    for (const mistake of mistakes) this.#warn(`The settings stay as they were, because ${mistake}`);
    return { keys: this.#keyCount, mistakes };
  }

  #warn(text: string): void {
    this.#options.emit({ event: 'config.warning', text });
  }

  #reloadKeys(onReloaded: (keys: number) => void = () => undefined): void {
    const { source, emit, onKeys, app } = this.#options;
    const { env, warnings } = this.#reading;
    const providers = this.#providers;
    const { keys, warnings: keyWarnings } = source.read(withProvidersOf(this.#options.reading.env, env));
    onKeys(keys);
    const all = [...warnings, ...unknownNames(env), ...keyWarnings, ...missingKeyWarnings(keys, providers, env)];
    for (const text of all) if (!this.#warned.has(text)) this.#warn(text);
    this.#warned = new Set(all);
    this.#work = this.#work
      .then(() => app.reloadKeys(keys, providers))
      .then(() => onReloaded(keys.length))
      .catch((error: unknown) => emit({ event: 'app.error', what: 'reload the keys', error }));
  }
}

function hasToken(env: Environment): boolean {
  return (env['ADMIN_TOKEN'] ?? '') !== '';
}

/** Warnings about accounts whose keys are not set. */
export function missingKeyWarnings(
  keys: readonly ProviderKey[],
  providers: ProvidersConfig,
  env: Environment,
): readonly string[] {
  return groupWarnings(keys, (provider) => providers[provider]?.keyGroups ?? [], definitionsFor(env));
}
