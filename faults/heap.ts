import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The bytes of this process's heap after a garbage collection. */
export function usedHeapBytes(): number {
  // The second run collects what finalizers released after the first.
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** How many objects of the class, or of one that extends it, are alive in this process. */
export function alive(theClass: { readonly prototype: object }): number {
  const warning = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  // Node's warning that the count is experimental does not belong into the results.
  process.emitWarning = () => undefined;
  try {
    return queryObjects(theClass as unknown as () => void, { format: 'count' });
  } finally {
    if (warning !== undefined) Object.defineProperty(process, 'emitWarning', warning);
  }
}
