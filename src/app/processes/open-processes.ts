import type { Emit } from '../../domain/events.ts';
import type { Processes } from '../../domain/shared/processes.ts';
import type { SharedStores } from '../../domain/shared/shared-stores.ts';
import type { Clock } from '../../kit/clock.ts';
import { alone } from './alone.ts';
import { ProcessKeeper } from './process-keeper.ts';

/** Joins the processes of the database until the scope ends; where there can be no others, this process is alone. */
export async function openProcesses(
  scope: AsyncDisposableStack,
  shared: SharedStores | undefined,
  { clock, emit }: { readonly clock: Clock; readonly emit: Emit },
): Promise<Processes> {
  if (shared === undefined) return alone();
  return scope.use(await ProcessKeeper.join({ facts: shared.facts, store: shared.processes, clock, emit }));
}
