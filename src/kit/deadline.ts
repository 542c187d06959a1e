/** A signal that aborts by itself; once disposed it never does, and nothing waits for it any longer. */
export type Deadline = AbortSignal & Disposable;

/** The deadline of a clock that can `schedule`: aborts after `ms` with a TimeoutError, or as its parent does. */
export function deadlineBy(
  schedule: (ms: number, task: () => void) => Disposable,
  ms: number,
  parent?: AbortSignal,
): Deadline {
  const abort = new AbortController();
  const end = (reason: unknown) => {
    leave();
    abort.abort(reason);
  };
  const passOn = () => end(parent?.reason);
  const timer = schedule(ms, () => end(new DOMException('The deadline has passed', 'TimeoutError')));
  const leave = () => {
    timer[Symbol.dispose]();
    parent?.removeEventListener('abort', passOn);
  };
  if (parent?.aborted === true) passOn();
  else parent?.addEventListener('abort', passOn, { once: true });
  return Object.assign(abort.signal, { [Symbol.dispose]: leave });
}
