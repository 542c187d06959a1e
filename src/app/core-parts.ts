import type { Config } from '../config/config.ts';
import type { Reloaded, TokenRenewed } from '../domain/admin-api.ts';
import type { Emit } from '../domain/events.ts';
import type { OnCheckpoint } from '../domain/job.ts';
import type { MaterialSources } from '../jobs/request/generation-request.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';
import type { Random } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { Secret } from '../kit/secret.ts';
import type { Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { Mechanisms } from '../domain/mechanisms.ts';
import type { ResultStore } from '../domain/media.ts';
import type { ConnectorOptions } from '../media/connector.ts';
import type { HttpClient } from '../providers/http/http-exchange.ts';
import type { Storage } from '../storage/open-storage.ts';

/** What a simulation, a benchmark or a test replaces. */
export type CoreParts = {
  /**
   * Replaces the file in the data folder. With `:memory:` nothing is stored, and the data folder is neither locked nor
   * created, as long as `results` is replaced too.
   */
  readonly databasePath?: string;
  /** Wraps or replaces ports of the storage that was opened; the core closes only what it opened itself. */
  readonly storage?: (opened: Storage) => Storage;
  /** Replaces how names are resolved and sockets are opened, for every connection that goes out. */
  readonly network?: Pick<ConnectorOptions, 'resolve' | 'dial'>;
  /** Replaces the HTTP client under the built-in adapters. */
  readonly http?: HttpClient;
  /** Replaces the adapters; called with the HTTP client in use. */
  readonly providers?: (http: HttpClient) => ReadonlyMap<ProviderName, Provider>;
  readonly results?: ResultStore;
  /** The optional mechanisms of the key pool and the attempt loop; all of them when absent. */
  readonly mechanisms?: Mechanisms;
};

export type CoreOptions = Pick<MaterialSources, 'styleWords'> & {
  readonly config: Config;
  readonly keys: readonly ProviderKey[];
  /** The machine's own clock. */
  readonly clock: Clock;
  readonly random: Random;
  /** Gets every event, before every other subscriber but the one that follows the clock. */
  readonly emit: Emit;
  /** Called at each point of a job's life at which a process may die; crash tests end the process there. */
  readonly onCheckpoint?: OnCheckpoint | undefined;
  /** Binds the database to this bot for good; a database of another bot is refused before anything changes in it. */
  readonly botId?: number;
  readonly parts?: CoreParts;
  /** Called with each key that was added while the bot ran, before it is used. */
  readonly onSecret?: (secret: Secret) => void;
  /** Takes known secrets out of a line of JSON. */
  readonly redact?: (line: string) => string;
  /** Reads the settings again when another process asks for it; without it they stay as they are. */
  readonly reload?: () => Promise<Reloaded>;
  /** Reads the admin's token again, likewise. */
  readonly renewToken?: (mark: string) => TokenRenewed;
};
