import type { ProvidersConfig } from '../config/provider-settings.ts';
import type { AdminApi } from '../domain/admin-api.ts';
import type { EventBus } from '../domain/event-bus.ts';
import type { Chains } from '../domain/job.ts';
import type { Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { ResultCopies, ResultStore } from '../domain/media.ts';
import type { OwnRule } from '../domain/failure.ts';
import type { Processes } from '../domain/shared/processes.ts';
import type { GenerationService } from '../jobs/generation-service.ts';
import type { RetentionJob } from '../jobs/retention.ts';
import type { KeyMaintenance } from '../keys/maintenance/key-maintenance.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';
import type { Clock } from '../kit/clock.ts';
import type { Storage } from '../storage/open-storage.ts';
import type { AdminBy } from './owner-admin.ts';
import type { gatewayAccess } from './programs/open-clients.ts';

/** Generation without a way in: its owner submits requests to `service` and listens for their endings. */
export type Core = AsyncDisposable & {
  /** Runs evenly when the machine's clock is set; follows the change once the stored times have been shifted. */
  readonly clock: Clock;
  readonly events: EventBus;
  readonly storage: Storage;
  /** The processes that share the database. */
  readonly processes: Processes;
  readonly results: ResultStore;
  readonly copies: ResultCopies | undefined;
  /** The pictures that people send with their requests. */
  readonly inputs: ResultStore;
  readonly pool: KeyPool;
  /** The adapters of providers that have keys. */
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly keys: KeyMaintenance;
  readonly service: GenerationService;
  /** The chains in use: built-in ones are made of the providers that have keys. */
  readonly chains: Chains;
  /** The operator's own failure rules, as they are now; absent where no file of them is set. */
  readonly failureRules: (() => readonly OwnRule[]) | undefined;
  readonly retention: RetentionJob;
  /** What operators see and do in Telegram. */
  readonly admin: AdminApi;
  readonly adminBy: AdminBy;
  /** What programs may ask for; absent where there are none. */
  readonly gateway: ReturnType<typeof gatewayAccess>;
  /** Tries whether a request and its result can be stored now. */
  takesWrites(): boolean;
  /** Replaces the keys, and their settings where given. */
  reloadKeys(keys: readonly ProviderKey[], providers?: ProvidersConfig): Promise<void>;
  /** Takes over the models table and the failure rules; returns the mistakes of a file that is kept out. */
  reloadFiles(): readonly string[];
  /** Starts to claim jobs, those of earlier runs first. */
  start(): void;
  /**
   * Claims no more jobs, lets running ones finish until `patience` aborts, and requeues the rest at no cost. Returns how
   * many were requeued; every further call returns the same.
   */
  drain(patience: AbortSignal): Promise<number>;
};
