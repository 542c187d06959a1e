import type { Processes, ProcessRole } from '../../domain/shared/processes.ts';

/** Opens something each time this process gains the role, and closes it when the role is lost or at the end. */
export function whileHeld(
  processes: Pick<Processes, 'hold'>,
  role: ProcessRole,
  open: () => Disposable | AsyncDisposable,
): AsyncDisposable {
  let opened: AsyncDisposableStack | undefined;
  let closed: Promise<void> = Promise.resolve();
  const close = () => {
    const last = opened;
    opened = undefined;
    closed = closed.then(() => last?.disposeAsync());
  };
  const holding = processes.hold(role, ({ signal }) => {
    opened = new AsyncDisposableStack();
    opened.use(open());
    signal.addEventListener('abort', close, { once: true });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      holding[Symbol.dispose]();
      close();
      await closed;
    },
  };
}
