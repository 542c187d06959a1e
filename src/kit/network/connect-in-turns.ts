import { isIPv6 } from 'node:net';
import { callbackify } from 'node:util';
import type { Clock } from '../clock.ts';

/** The next address is tried this long after the one before, which goes on meanwhile (RFC 8305). */
const staggerMs = 250;
/** Bounds the attempts for a name with very many addresses. */
const maxAddresses = 40;

/** The addresses with the families in turns, beginning with that of the first one; duplicates are dropped. */
export function familiesInTurns(addresses: readonly string[]): readonly string[] {
  const all = [...new Set(addresses)];
  const isFirstFamily = (address: string) => isIPv6(address) === isIPv6(all[0] ?? '');
  const first = all.filter((address) => isFirstFamily(address));
  const second = all.filter((address) => !isFirstFamily(address));
  return Array.from({ length: Math.max(first.length, second.length) }, (_, index) => [first[index], second[index]])
    .flat()
    .filter((address) => address !== undefined);
}

type Connection = { destroy(): unknown };

/**
 * Connects to the first address that answers. The next address is tried a quarter of a second after the one before, or at
 * once when that one fails; `connect` ends each attempt by itself. Connections that are made too late are closed. Rejects
 * with the last error when no address answers, and at once with an error for which `isFinal` holds.
 */
export async function connectInTurns<Made extends Connection>(
  addresses: readonly string[],
  connect: (address: string) => Promise<Made>,
  { clock, isFinal = () => false }: { readonly clock: Clock; readonly isFinal?: (error: unknown) => boolean },
): Promise<Made> {
  const waiting = familiesInTurns(addresses).slice(0, maxAddresses);
  const first = Promise.withResolvers<Made>();
  let running = 0;
  let isOver = false;
  let timer: Disposable | undefined;

  const end = (): boolean => {
    timer?.[Symbol.dispose]();
    const wasOver = isOver;
    isOver = true;
    return !wasOver;
  };
  const failed = (error: unknown): void => {
    running -= 1;
    if (isFinal(error) || (waiting.length === 0 && running === 0)) {
      if (end()) first.reject(error);
    } else startNext();
  };
  const startNext = (): void => {
    timer?.[Symbol.dispose]();
    const address = isOver ? undefined : waiting.shift();
    if (address === undefined) return;
    running += 1;
    callbackify(connect)(address, (error, made) => {
      if (error !== null) failed(error);
      else if (end()) first.resolve(made);
      else made.destroy();
    });
    if (waiting.length > 0) timer = clock.schedule(staggerMs, startNext);
  };

  startNext();
  return first.promise;
}
