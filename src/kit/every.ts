import type { Clock } from './clock.ts';

/** Runs `task` every `ms`, for the first time after `ms`, until it is disposed. */
export function every(clock: Clock, ms: number, task: () => void): Disposable {
  let next: Disposable | undefined;
  let over = false;
  const schedule = () => {
    next = clock.schedule(ms, () => {
      task();
      if (!over) schedule();
    });
  };
  schedule();
  return {
    [Symbol.dispose]: () => {
      over = true;
      next?.[Symbol.dispose]();
    },
  };
}
