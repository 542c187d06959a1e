import { StoreUnavailable } from '../domain/failure.ts';

export type StorageProblem =
  | 'busy'
  | 'corrupt'
  | 'foreign'
  | 'full'
  | 'in-the-way'
  | 'missing'
  | 'moved'
  | 'newer-schema'
  | 'old-sqlite'
  | 'older-schema'
  | 'owned'
  | 'unreadable-row'
  | 'unwritable'
  | 'whole';

const refusals: ReadonlySet<StorageProblem> = new Set(['busy', 'corrupt', 'full', 'moved', 'unwritable']);

/** An error of the storage; `code` names its kind, so that callers can react to it. */
export class StorageError extends StoreUnavailable {
  override readonly name = 'StorageError';
  readonly code: StorageProblem;
  readonly #mayPass: boolean;

  constructor(code: StorageProblem, message: string, options: ErrorOptions & { readonly mayPass?: boolean } = {}) {
    super(message, options);
    this.code = code;
    this.#mayPass = options.mayPass ?? (code === 'busy' || code === 'full');
  }

  get isRefusal(): boolean {
    return refusals.has(this.code);
  }

  override get mayPass(): boolean {
    return this.#mayPass;
  }
}
