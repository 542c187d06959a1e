import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Part, PartReport } from './check.ts';

/** A message of a part that runs in a process of its own. */
export type PartMessage =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'report'; readonly report: PartReport };

/** Runs the part in a process of its own: it computes without a pause and would delay the others. */
export function inOwnProcess(name: string, { isSilent = false } = {}): Part['run'] {
  return async ({ seed, progress }) => {
    const child = fork(join(import.meta.dirname, 'processes', 'part.ts'), [name, String(seed)], {
      silent: isSilent,
    });
    const end = () => void child.kill('SIGKILL');
    process.once('exit', end);
    let report: PartReport | undefined;
    child.on('message', (message) => {
      const said = message as PartMessage;
      if (said.kind === 'progress') progress(said.line);
      else report = said.report;
    });
    try {
      const [code] = (await once(child, 'exit')) as [number | null];
      if (report === undefined) throw new Error(`Cannot finish ${name}: its process ended with the code ${code}`);
      return report;
    } finally {
      process.off('exit', end);
    }
  };
}
