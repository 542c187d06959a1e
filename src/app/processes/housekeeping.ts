import type { NoticeStore } from '../../domain/admin-api.ts';
import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Processes } from '../../domain/shared/processes.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { Storage } from '../../storage/open-storage.ts';
import { recover, type TakenBack } from './recover.ts';
import { whileHeld } from './while-held.ts';

/** What dead processes left is looked for so often. */
const lookEveryMs = 1_000;
/** Every process looks this often: the one with the role may have died too, and a process that has just started sees no death yet. */
const lookBesideEveryMs = 2_000;

export type HousekeepingOptions = {
  readonly processes: Processes;
  readonly storage: Storage;
  /** What was taken back at the start. */
  readonly first: TakenBack;
  readonly service: Pick<GenerationService, 'takeUp' | 'noteEnded'>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Requeues the jobs that dead processes were running, and takes over their deliveries. The process with the role
 * `housekeeping` looks most often, every other process less often; fences allow each job only one new owner. Call it once
 * the ends of jobs have a listener.
 */
export function openHousekeeping(options: HousekeepingOptions): AsyncDisposable {
  const { processes, storage, first, service, clock, emit } = options;
  const { shared } = storage;
  const look = async () => {
    if (!processes.seesWhoIsDead()) return;
    try {
      const { handedBack, ended } = await recover(storage, emit);
      for (const id of [...ended, ...((await shared?.takeOrphans()) ?? [])]) service.noteEnded(id);
      if (handedBack > 0) service.takeUp();
    } catch (error) {
      if (!isStorageRefusal(error)) emit({ event: 'app.error', what: 'take back what dead processes left', error });
    }
  };
  // A process that is alone did so at its start, and nobody else can have died since.
  if (shared === undefined) return new AsyncDisposableStack();
  for (const id of first.ended) service.noteEnded(id);
  let looking: Promise<void> | undefined;
  const lookNow = () => {
    looking ??= look().finally(() => (looking = undefined));
  };
  const scope = new AsyncDisposableStack();
  scope.defer(() => looking);
  scope.use(every(clock, lookBesideEveryMs, lookNow));
  scope.use(
    whileHeld(processes, 'housekeeping', () => {
      lookNow();
      return every(clock, lookEveryMs, lookNow);
    }),
  );
  return scope;
}

/** What is told once and for all is told by the process with the role `housekeeping`. */
export function noticesOf(notices: NoticeStore, processes: Processes): NoticeStore {
  if (processes.isAlone) return notices;
  return {
    mayTell: async (id, nowMs) => processes.termOf('housekeeping') !== undefined && notices.mayTell(id, nowMs),
  };
}
