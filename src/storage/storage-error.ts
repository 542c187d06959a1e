import { type OutageReason, StoreUnavailable } from '../domain/failure.ts';

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
  | 'old-server'
  | 'owned'
  | 'pooler'
  | 'unreachable'
  | 'unreadable-row'
  | 'unsure'
  | 'unwritable'
  | 'whole';

const refusals: ReadonlySet<StorageProblem> = new Set([
  'busy',
  'corrupt',
  'full',
  'moved',
  'unreachable',
  'unwritable',
]);

/** What passes by itself, or by what somebody does to the machine and not to a setting. */
const passing: ReadonlySet<StorageProblem> = new Set(['busy', 'full', 'unreachable', 'unsure']);

export type StorageErrorOptions = ErrorOptions & { readonly mayPass?: boolean; readonly reason?: OutageReason };

/** An error of the storage; `code` names its kind, so that callers can react to it. */
export class StorageError extends StoreUnavailable {
  override readonly name = 'StorageError';
  readonly code: StorageProblem;
  override readonly reason: OutageReason;
  readonly #mayPass: boolean;

  constructor(code: StorageProblem, message: string, options: StorageErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.reason = options.reason ?? 'other';
    this.#mayPass = options.mayPass ?? passing.has(code);
  }

  get isRefusal(): boolean {
    return refusals.has(this.code);
  }

  override get mayPass(): boolean {
    return this.#mayPass;
  }
}
