import {
  deadAfterMs,
  type ProcessFacts,
  type ProcessNews,
  type ProcessRole,
  processRoles,
  type ProcessStore,
  type RoleAnswer,
} from '../../src/domain/shared/processes.ts';
import type { Clock } from '../../src/kit/clock.ts';

/** Where the processes of one test meet. `cut` names those that cannot reach it: their calls wait until it is lifted; where it is away, all calls fail. */
export function memoryProcesses(clock: Pick<Clock, 'monotonicMs'>): ProcessStore & {
  readonly cut: (id: string) => () => void;
  readonly away: { error: Error | undefined };
  readonly fenceOf: (role: ProcessRole) => number;
} {
  const rows = new Map<string, { facts: ProcessFacts; startedMs: number; beatMs: number }>();
  const roles = new Map<ProcessRole, { id: string | undefined; fence: number }>();
  const listeners = new Map<(news: ProcessNews) => void, string>();
  const cuts = new Map<string, PromiseWithResolvers<void>>();
  const away: { error: Error | undefined } = { error: undefined };
  const reach = async (id: string) => {
    await cuts.get(id)?.promise;
    if (away.error !== undefined) throw away.error;
  };
  const beatAgoMs = (id: string | undefined) => clock.monotonicMs() - (rows.get(id ?? '')?.beatMs ?? -Infinity);
  const give = (id: string, role: ProcessRole): RoleAnswer => {
    const held = roles.get(role) ?? { id: undefined, fence: 0 };
    roles.set(role, held);
    if (held.id !== id && beatAgoMs(held.id) < deadAfterMs) {
      return { kind: 'taken', freeInMs: deadAfterMs - beatAgoMs(held.id) };
    }
    if (held.id !== id) roles.set(role, { id, fence: held.fence + 1 });
    return { kind: 'held', fence: roles.get(role)?.fence ?? 0 };
  };
  return {
    away,
    fenceOf: (role) => roles.get(role)?.fence ?? 0,
    cut: (id) => {
      const cut = Promise.withResolvers<void>();
      cuts.set(id, cut);
      return () => {
        cuts.delete(id);
        cut.resolve();
      };
    },
    beat: async (facts, wanted) => {
      await reach(facts.id);
      const nowMs = clock.monotonicMs();
      rows.set(facts.id, { facts, startedMs: rows.get(facts.id)?.startedMs ?? nowMs, beatMs: nowMs });
      return Object.fromEntries(wanted.map((role) => [role, give(facts.id, role)]));
    },
    release: async (id, role) => {
      await reach(id);
      const held = roles.get(role);
      if (held?.id === id) held.id = undefined;
    },
    leave: async (id) => {
      await reach(id);
      rows.delete(id);
    },
    living: async () =>
      [...rows.values()].flatMap(({ facts, startedMs }) =>
        beatAgoMs(facts.id) >= deadAfterMs
          ? []
          : [
              {
                ...facts,
                startedAgoMs: clock.monotonicMs() - startedMs,
                beatAgoMs: beatAgoMs(facts.id),
                roles: processRoles.filter((role) => roles.get(role)?.id === facts.id),
              },
            ],
      ),
    tell: async (by, news) => {
      await reach(by);
      for (const [listener, id] of listeners) if (id !== by && !cuts.has(id)) listener(news);
    },
    subscribe: (id, listener) => {
      listeners.set(listener, id);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
