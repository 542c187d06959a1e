import type { ResultStore } from '../src/domain/media.ts';

/** Has every result at once and keeps none: what is measured is the way to it. */
export function instantResults(): ResultStore {
  return {
    find: async () => undefined,
    open: async () => undefined,
    remove: async () => false,
    list: async () => [],
    download: async () => ({ ok: true, file: { path: '/dev/null', kind: 'image', mime: 'image/png', bytes: 1 } }),
  };
}
