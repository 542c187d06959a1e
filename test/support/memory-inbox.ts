import type { Inbox, InboxUpdate, SharedInbox } from '../../src/domain/inbox.ts';

const maxTries = 3;

type Row = InboxUpdate & { state: 'new' | 'handled' | 'set-aside'; deaths: number; tries: number; holder: number };

/** One inbox of several processes, in memory; `fence` is that of the role `telegram` now. */
export function memoryInbox(fence: () => number): { readonly inbox: Inbox; readonly shared: SharedInbox } {
  const rows = new Map<number, Row>();
  const open = (where: (row: Row) => boolean = () => true) =>
    [...rows.values()].filter((row) => row.state === 'new' && where(row));
  const change = (updateId: number, how: (row: Row) => void) => {
    const row = rows.get(updateId);
    if (row !== undefined) how(row);
  };
  return {
    inbox: {
      keep: async (batch) => {
        const fresh = batch.filter(({ updateId }) => !rows.has(updateId));
        for (const one of fresh) rows.set(one.updateId, { ...one, state: 'new', deaths: 0, tries: 0, holder: 0 });
        return fresh;
      },
      unhandled: async () => open(),
      hasAny: async () => rows.size > 0,
      bodyOf: async (updateId) => open((row) => row.updateId === updateId)[0]?.body,
      takeUp: async () => ({ plain: [], suspects: [], setAside: [] }),
      inHand: async (updateId) => change(updateId, (row) => (row.deaths += 1)),
      survived: async () => undefined,
      handled: async (updateId) => change(updateId, (row) => (row.state = 'handled')),
      failed: async (updateId) => {
        change(updateId, (row) => (row.state = ++row.tries >= maxTries ? 'set-aside' : 'new'));
        return open((row) => row.updateId === updateId).length > 0 ? 'again' : 'set-aside';
      },
      purge: async () => undefined,
    },
    shared: {
      takeUp: async (given) => {
        if (given !== fence()) return { plain: [], suspects: [], setAside: [] };
        const dead = open((row) => row.deaths >= maxTries);
        for (const row of dead) row.state = 'set-aside';
        const [plain, suspects] = [open((row) => row.deaths === 0), open((row) => row.deaths > 0)];
        for (const row of plain) row.deaths = 1;
        for (const row of [...plain, ...suspects]) row.holder = given;
        return { plain, suspects, setAside: dead.map(({ updateId }) => updateId) };
      },
      takeNew: async (given) => {
        if (given !== fence()) return [];
        const taken = open((row) => row.holder !== given);
        for (const row of taken) row.holder = given;
        return taken;
      },
      survived: async (given) => {
        for (const row of open(({ holder }) => holder === given)) row.deaths = 0;
      },
    },
  };
}
