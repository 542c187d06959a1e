import type { NoticeStore } from '../../domain/admin-api.ts';
import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Processes } from '../../domain/shared/processes.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { Storage } from '../../storage/open-storage.ts';
import { recover } from './recover.ts';
import { whileHeld } from './while-held.ts';

/** What dead processes left is looked for so often. */
const lookEveryMs = 2_000;

export type HousekeepingOptions = {
  readonly processes: Processes;
  readonly storage: Storage;
  readonly service: Pick<GenerationService, 'takeUp' | 'noteEnded'>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Takes back what dead processes were running, and has delivered what they were about to deliver: one process does it at a
 * time, and fences guard every job. A process that is alone did so at its start, and nobody else can have died since.
 */
export function openHousekeeping(options: HousekeepingOptions): AsyncDisposable {
  const { processes, storage, service, clock, emit } = options;
  const { shared } = storage;
  const look = async () => {
    try {
      // Their owner is theirs no more once they are recovered.
      for (const id of (await shared?.orphans()) ?? []) service.noteEnded(id);
      if ((await recover(storage, emit)) > 0) service.takeUp();
    } catch (error) {
      if (!isStorageRefusal(error)) emit({ event: 'app.error', what: 'take back what dead processes left', error });
    }
  };
  return whileHeld(processes, 'housekeeping', () => {
    if (shared === undefined) return new DisposableStack();
    let looking: Promise<void> | undefined;
    const rounds = every(clock, lookEveryMs, () => {
      looking ??= look().finally(() => (looking = undefined));
    });
    return {
      [Symbol.asyncDispose]: async () => {
        rounds[Symbol.dispose]();
        await looking;
      },
    };
  });
}

/** What is told once and for all is told by the process that keeps house. */
export function noticesOf(notices: NoticeStore, processes: Processes): NoticeStore {
  if (processes.isAlone) return notices;
  return {
    ...notices,
    wasTold: async (id) => processes.termOf('housekeeping') === undefined || (await notices.wasTold(id)),
  };
}
