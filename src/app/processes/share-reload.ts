import type { Processes } from '../../domain/shared/processes.ts';
import type { CoreOptions } from '../core-parts.ts';

type Reloads = Pick<CoreOptions, 'reload' | 'renewToken'>;

/** What an operator asks one process to read again, all of them read, each on its own machine; the answer is that of the one. */
export function shareReload(
  scope: Pick<AsyncDisposableStack, 'use'>,
  processes: Processes,
  { reload, renewToken }: Reloads,
): Reloads {
  scope.use(
    processes.onNews((news) => {
      // Each process reports its own mistakes.
      if (news.kind === 'reload') void reload?.();
      if (news.kind === 'token') renewToken?.(news.mark);
    }),
  );
  return {
    ...(reload && {
      reload: () => {
        processes.tell({ kind: 'reload' });
        return reload();
      },
    }),
    ...(renewToken && {
      renewToken: (mark) => {
        processes.tell({ kind: 'token', mark });
        return renewToken(mark);
      },
    }),
  };
}
