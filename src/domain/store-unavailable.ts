/** What the storage could not do. */
export abstract class StoreUnavailable extends Error {
  /** The machine underneath refuses (full, locked, read-only): nothing was changed, and the same may succeed later. */
  abstract readonly isRefusal: boolean;
}

/** Nobody's fault but the machine's; whoever keeps the storage tells of it once, for everybody. */
export function isStorageRefusal(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.isRefusal;
}
