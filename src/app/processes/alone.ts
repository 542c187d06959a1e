import type { Processes, RoleTerm } from '../../domain/shared/processes.ts';

/** A process that shares its database with nobody: it has every role for good, and nothing is written. */
export function alone(): Processes {
  const term: RoleTerm = { fence: 0, signal: new AbortController().signal, isOn: () => true };
  const nothing: Disposable = { [Symbol.dispose]: () => undefined };
  return {
    id: 'alone',
    isAlone: true,
    hold: (_role, onGained) => {
      onGained(term);
      return nothing;
    },
    onOutage: () => nothing,
    termOf: () => term,
    isHeld: () => true,
    release: async () => undefined,
    seesWhoIsDead: () => true,
    living: async () => [],
    tell: () => undefined,
    onNews: () => nothing,
  };
}
